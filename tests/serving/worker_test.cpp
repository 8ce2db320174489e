#include "zoetrope/serving/worker.h"

#include <atomic>
#include <cstdlib>
#include <gmock/gmock.h>
#include <thread>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/clip_files.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/serving/job_store.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const auto never = [] { return false; };

struct WorkerTest : testing::Test {
  WorkerTest() {
    test::write_tiny_model(folder / "models" / "tiny");
    test::write_tiny_model(folder / "models" / "other", 2);
    ::setenv("ZOETROPE_MODELS", (folder / "models").c_str(), 1);
    request.prompt = "a red ball";
  }
  ~WorkerTest() override { ::unsetenv("ZOETROPE_MODELS"); }

  Worker worker() { return Worker(*store, settings); }
  std::string add(const generation::Request& r, const std::string& kind = "video", const std::string& model_name = "tiny") {
    return store->add({.kind = kind, .model = model_name, .request = generation::to_json(r, model.identity())}, 1000).id;
  }
  std::vector<std::string> files_of(const std::string& id) const {
    std::vector<std::string> names;
    if (!fs::exists(settings.data.job(id))) return names;
    for (const auto& entry : fs::directory_iterator(settings.data.job(id))) names.push_back(entry.path().filename().string());
    return names;
  }
  /// Does something as soon as the job's sampling has begun, or when it is over: a test must not wait for ever.
  std::thread once_sampling(const std::string& id, std::function<void()> act) {
    return std::thread([this, id, act] {
      for (std::optional<Job> job; (job = store->find(id)) && !job->completed_at;) {
        if (job->stage.starts_with("sampling")) return act();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      act();
    });
  }
  /// A request that takes long enough to be stopped.
  generation::Request long_request() const {
    generation::Request r = request;
    r.steps = 1000, r.width = r.height = 512;
    return r;
  }

  TemporaryFolder folder;
  WorkerSettings settings{.data = {folder / "data"}, .models = {"tiny", "other"}, .marks = provenance::Marks::none()};
  std::unique_ptr<JobStore> store = open_job_store(settings.data.database());
  model::Model model = [this] {
    test::write_tiny_model(folder / "model");
    return model::Model::load(folder / "model", {});
  }();
  generation::Request request = generation::default_request(model);
};

TEST_F(WorkerTest, MakesTheClipOfAJobAndItsPictures) {
  const std::string id = add(request);
  EXPECT_TRUE(worker().work_once(never));
  const Job job = store->find(id).value();
  EXPECT_EQ(job.status, Status::completed) << (job.failure ? job.failure->message : "");
  EXPECT_EQ(job.artifacts, base::Json({{"video", "video.mp4"}, {"spritesheet", "spritesheet.jpg"}, {"thumbnail", "thumbnail.jpg"}}));
  EXPECT_THAT(files_of(id), UnorderedElementsAre("video.mp4", "spritesheet.jpg", "thumbnail.jpg"));
  EXPECT_EQ(media::probe(settings.data.job(id) / "video.mp4").frames, request.frames);
  EXPECT_FALSE(worker().work_once(never)) << "no job waits";
}

TEST_F(WorkerTest, MakesImages) {
  request.frames = 1;
  const std::string id = add(request, "image");
  worker().work_once(never);
  EXPECT_EQ(store->find(id)->artifacts, base::Json({{"image", "image.png"}}));
  EXPECT_THAT(files_of(id), UnorderedElementsAre("image.png"));
}

TEST_F(WorkerTest, TakesUploadsByTheirHash) {
  media::write_image(folder / "first.png", draw({32, 32, 3}, 1).sigmoid().mul(255).to(at::kByte));
  const std::string hash = base::sha256_of_file(folder / "first.png");
  fs::create_directories(settings.data.uploads());
  fs::rename(folder / "first.png", settings.data.uploads() / (hash + ".png"));
  request.conditions = {{.media = "/etc/" + hash + ".png", .sha256 = hash}};  // the folder means nothing
  const std::string id = add(request);
  Worker w = worker();
  w.work_once(never);
  EXPECT_EQ(store->find(id)->status, Status::completed);
  request.conditions[0].sha256[0] ^= 1;
  const std::string wrong = add(request);
  request.conditions[0].media = "../jobs.sqlite";
  const std::string outside = add(request);
  w.work_once(never);
  w.work_once(never);
  EXPECT_THAT(store->find(wrong)->failure->message, HasSubstr("is not the file that the request was made with"));
  EXPECT_THAT(store->find(outside)->failure->message, testing::StartsWith("'uploads/jobs.sqlite' does not exist"));
}

TEST_F(WorkerTest, ARequestThatCannotBeIsAFailureThatNamesTheField) {
  request.frames = 6;
  const std::string id = add(request);
  Worker w = worker();
  w.work_once(never);
  EXPECT_EQ(store->find(id)->status, Status::failed);
  EXPECT_EQ(store->find(id)->failure->code, "invalid_request");
  EXPECT_EQ(store->find(id)->failure->field, "frames");
  const std::string broken = store->add({.model = "tiny", .request = {{"schema", "zoetrope/request/2"}, {"wrong", 1}}}, 1000).id;
  w.work_once(never);
  EXPECT_THAT(store->find(broken)->failure->message, HasSubstr("wrong"));
  w.sweep();
  EXPECT_TRUE(files_of(id).empty()) << "nothing is left of a failed job";
}

TEST_F(WorkerTest, KeepsTheModelLoadedAndPrefersItsJobs) {
  add(request, "video", "tiny");
  const std::string second = add(request, "video", "other"), third = add(request, "video", "tiny");
  Worker w = worker();
  w.work_once(never);
  w.work_once(never);
  EXPECT_EQ(store->find(second)->status, Status::queued);
  EXPECT_EQ(store->find(third)->status, Status::completed);
  w.work_once(never);
  const Job other = store->find(second).value();
  EXPECT_EQ(other.status, Status::completed);
  EXPECT_THAT(other.notices, testing::ElementsAre(HasSubstr("the model has changed"))) << "the request was made for tiny";
}

TEST_F(WorkerTest, HearsOfCancellingWithinASecondOrSoAndLeavesNothing) {
  const std::string id = add(long_request());
  std::chrono::steady_clock::time_point cancelled;
  std::thread user = once_sampling(id, [&] {
    store->cancel(id);
    cancelled = std::chrono::steady_clock::now();
  });
  Worker w = worker();
  w.work_once(never);
  EXPECT_LT(std::chrono::steady_clock::now() - cancelled, std::chrono::seconds(2));
  user.join();
  EXPECT_EQ(store->find(id)->status, Status::cancelled);
  w.sweep();
  EXPECT_TRUE(files_of(id).empty());
}

TEST_F(WorkerTest, GivesALongJobBackWhenItIsShutDown) {
  settings.save_every = 0;
  settings.grace = .1;
  const std::string id = add(long_request());
  std::atomic<bool> down = false;
  std::thread user = once_sampling(id, [&] { down = true; });
  worker().run([&] { return down.load(); });
  user.join();
  EXPECT_EQ(store->find(id)->status, Status::queued);
  EXPECT_EQ(store->find(id)->attempts, 0) << "that was no attempt";
  EXPECT_THAT(files_of(id), testing::Contains("video.latents.safetensors"));
}

TEST_F(WorkerTest, AShortJobIsFinishedWithinTheGrace) {
  settings.grace = 100;
  request.steps = 400, request.width = request.height = 256;  // some seconds
  const std::string id = add(request), next = add(request);
  std::atomic<bool> down = false;
  std::thread user = once_sampling(id, [&] { down = true; });
  worker().run([&] { return down.load(); });
  user.join();
  EXPECT_EQ(store->find(id)->status, Status::completed);
  EXPECT_EQ(store->find(next)->status, Status::queued);
}

TEST_F(WorkerTest, AnAttemptGoesOnWithTheWorkOfTheOneBeforeToTheSameBits) {
  request.steps = 6;
  const std::string whole = add(request);
  Worker w = worker();
  w.work_once(never);
  const std::string id = add(request);
  // What a worker leaves that was killed after four steps, and a file that it had begun.
  struct Dies : base::Observer {
    void progress(const std::string&, int64_t step, int64_t) override { is_over = step == 4; }
    bool cancelled() const override { return is_over; }
    bool is_over = false;
  } dies;
  generation::Request placed = request;
  placed.dtype = "fp32";
  const fs::path state = settings.data.job(id) / "video.latents.safetensors";
  fs::create_directories(settings.data.job(id));
  generation::CollectingSink lost;
  EXPECT_THROW(generation::generate(placed, model, lost, dies, {state, 0, 0}), base::Cancelled);
  base::write_file(settings.data.job(id) / ".video.part.1-0.part.mp4", "half");
  testing::internal::CaptureStderr();
  w.work_once(never);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr(R"("event":"resume","job":")" + id + R"(","step":4)"));
  EXPECT_EQ(store->find(id)->status, Status::completed);
  EXPECT_THAT(files_of(id), UnorderedElementsAre("video.mp4", "spritesheet.jpg", "thumbnail.jpg"));
  EXPECT_EQ(base::read_file(settings.data.job(id) / "video.mp4"), base::read_file(settings.data.job(whole) / "video.mp4"));
}

TEST_F(WorkerTest, UnreadableWorkOfAnAttemptIsBegunAnew) {
  const std::string id = add(request);
  fs::create_directories(settings.data.job(id));
  base::write_file(settings.data.job(id) / "video.latents.safetensors", "half a header");
  worker().work_once(never);
  EXPECT_EQ(store->find(id)->status, Status::completed);
  EXPECT_THAT(store->find(id)->notices, testing::ElementsAre(HasSubstr("cannot be gone on with")));
}

TEST_F(WorkerTest, AJobThatWasRemovedWhileItRanLeavesNothing) {
  const std::string id = add(long_request());
  std::thread user = once_sampling(id, [&] { store->remove(id); });
  Worker w = worker();
  w.work_once(never);
  user.join();
  EXPECT_FALSE(store->find(id));
  w.sweep();
  EXPECT_TRUE(files_of(id).empty());
}

TEST_F(WorkerTest, AFolderThatCannotBeWrittenFailsTheJobAndTheWorkerGoesOn) {
  base::write_file(settings.data.root / "jobs", "a file where a folder should be");
  const std::string id = add(request);
  Worker w = worker();
  w.work_once(never);
  EXPECT_EQ(store->find(id)->failure->code, "server_error");
  EXPECT_THAT(store->find(id)->failure->message, testing::AllOf(HasSubstr("Not a directory"), testing::Not(HasSubstr("/tmp"))));
  fs::remove(settings.data.root / "jobs");
  const std::string next = add(request);
  w.work_once(never);
  EXPECT_EQ(store->find(next)->status, Status::completed);
}

TEST_F(WorkerTest, ModelsThatAreNotThereAreRefused) {
  settings.models = {"tiny", "none"};
  EXPECT_THAT(complaint<base::InvalidRequest>([&] { worker(); }), HasSubstr("models names 'none', which is not on this machine"));
}

TEST_F(WorkerTest, AHangEndsTheProcessAndTheLeaseRunsOut) {
  const std::string id = add(request);
  const Job leased = store->lease({.name = "w"}, .3).value();
  JobWatch watch(1, {.preparing = .5});
  std::atomic<int> hung = 0;
  Heartbeat heartbeat(*store, leased, watch, .3, {never, 10}, [&] { ++hung; });
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  store->sweep(3);
  EXPECT_EQ(store->find(id)->status, Status::in_progress) << "its lease is prolonged as long as it does not hang";
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  EXPECT_EQ(hung, 1);
  store->sweep(3);
  EXPECT_EQ(store->find(id)->status, Status::queued);
  EXPECT_EQ(heartbeat.end(), Stop::lost);
}

}  // namespace
}  // namespace zoetrope::serving
