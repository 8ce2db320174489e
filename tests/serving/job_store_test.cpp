#include "zoetrope/serving/job_store.h"

#include <atomic>
#include <gmock/gmock.h>
#include <thread>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/serving/postgres_server.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/serving/postgres_database.h"
#include "zoetrope/serving/sql_job_store.h"
#include "zoetrope/serving/sqlite_database.h"

namespace zoetrope::serving {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t any_queue = 1000, three_attempts = 3;
constexpr double lease_time = 60, no_time = 0.001;

void pause(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

NewJob job_of(const std::string& model, int64_t priority = 0) {
  return {.model = model, .request = {{"prompt", "a cat"}}, .asked = {{"prompt", "eine Katze 猫"}}, .priority = priority, .forecast = 1.5};
}

test::PostgresServer& postgres_server() {
  static test::PostgresServer server;
  return server;
}

/// Every rule holds in both databases.
class JobStoreTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() != "postgresql") return;
    if (test::PostgresServer::programs().empty()) GTEST_SKIP() << "PostgreSQL is not installed; tools/setup.sh tests installs it";
    for (const char* table : {"zoetrope_jobs", "zoetrope_store"})
      open_postgres(postgres_server().url())->execute(fmt::format("DROP TABLE IF EXISTS {}", table));
  }
  std::string url() const { return GetParam() == "postgresql" ? postgres_server().url() : (folder / "jobs.sqlite").string(); }
  std::unique_ptr<Database> connect() const { return GetParam() == "postgresql" ? open_postgres(url()) : open_sqlite(url()); }
  SqlJobStore open(const StoreSettings& settings = {}) const {
    return SqlJobStore([this] { return connect(); }, settings);
  }

  TemporaryFolder folder;
};

INSTANTIATE_TEST_SUITE_P(Databases, JobStoreTest, testing::Values("sqlite", "postgresql"), [](const auto& info) { return info.param; });

TEST_P(JobStoreTest, AJobIsFoundAsItWasAddedByAnotherProcessToo) {
  SqlJobStore store = open();
  NewJob asked = job_of("toybox", 7);
  asked.kind = "image";
  const Job added = store.add(asked, any_queue);
  EXPECT_THAT(added.id, testing::MatchesRegex("image_[0-9a-f]{32}"));
  const std::optional<Job> found = open_job_store(url())->find(added.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->request, asked.request);
  EXPECT_EQ(found->asked, asked.asked);
  EXPECT_EQ(std::tie(found->kind, found->model, found->priority, found->forecast),
            std::tie(asked.kind, asked.model, asked.priority, asked.forecast));
  EXPECT_EQ(found->status, Status::queued);
  EXPECT_NEAR(static_cast<double>(found->created_at), system_seconds(), 5);
  EXPECT_FALSE(found->started_at || found->completed_at || found->expires_at || found->seconds_left || found->failure);
  EXPECT_FALSE(store.find("video_none"));
}

TEST_P(JobStoreTest, AJobIsLeasedReportedOnAndCompleted) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("toybox"), any_queue).id;
  const Job leased = store.lease({.name = "w1"}, lease_time).value();
  EXPECT_EQ(leased.id, id);
  EXPECT_EQ(leased.status, Status::in_progress);
  EXPECT_EQ(leased.attempts, 1);
  EXPECT_EQ(leased.worker, "w1");
  EXPECT_TRUE(leased.started_at);
  EXPECT_FALSE(store.lease({.name = "w2"}, lease_time)) << "it is leased once";
  EXPECT_EQ(store.report(leased, {.progress = .5, .seconds_left = 3.5, .stage = "sampling", .notices = {"so and so"}}, lease_time),
            Order::go_on);
  Job running = store.find(id).value();
  EXPECT_EQ(running.progress, .5);
  EXPECT_EQ(running.seconds_left, 3.5);
  EXPECT_EQ(running.stage, "sampling");
  EXPECT_THAT(running.notices, ElementsAre("so and so"));
  EXPECT_TRUE(store.complete(leased, {{"video", "video.mp4"}}));
  EXPECT_TRUE(store.complete(leased, {{"video", "video.mp4"}})) << "said again, since the answer may have been lost";
  const Job whole = store.find(id).value();
  EXPECT_EQ(whole.status, Status::completed);
  EXPECT_EQ(whole.artifacts, base::Json({{"video", "video.mp4"}}));
  EXPECT_EQ(whole.progress, 1);
  EXPECT_FALSE(whole.seconds_left || whole.expires_at);
  EXPECT_TRUE(whole.completed_at);
  EXPECT_FALSE(store.fail(leased, {"server_error", "too late"})) << "what ended stays";
}

TEST_P(JobStoreTest, AFailureIsKeptWithItsField) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("toybox"), any_queue).id;
  const Failure failure{"invalid_request", "frames must be 4k+1", "frames"};
  EXPECT_TRUE(store.fail(store.lease({.name = "w"}, lease_time).value(), failure));
  EXPECT_EQ(store.find(id)->status, Status::failed);
  EXPECT_EQ(store.find(id)->failure, failure);
}

TEST_P(JobStoreTest, LargerPrioritiesComeFirstThenOlderJobs) {
  SqlJobStore store = open();
  const Job low = store.add(job_of("a", -1), any_queue), first = store.add(job_of("a"), any_queue),
            second = store.add(job_of("b"), any_queue), high = store.add(job_of("b", 1), any_queue);
  EXPECT_EQ(store.position(high), 0);
  EXPECT_EQ(store.position(second), 2);
  EXPECT_EQ(store.position(low), 3);
  for (const Job& next : {high, first, second, low}) EXPECT_EQ(store.lease({.name = "w"}, lease_time)->id, next.id);
  EXPECT_EQ(store.position(low), 0) << "it waits no more";
}

TEST_P(JobStoreTest, WaitingJobsMoveInTheQueueAndOthersDoNot) {
  SqlJobStore store = open();
  const Job first = store.add(job_of("a"), any_queue), second = store.add(job_of("a"), any_queue),
            third = store.add(job_of("a"), any_queue);
  store.set_priority(third.id, 5);
  EXPECT_EQ(store.position(third), 0);
  EXPECT_EQ(store.find(third.id)->priority, 5);
  store.set_priority(first.id, -1);
  EXPECT_EQ(store.position(first), 2);
  EXPECT_EQ(store.lease({.name = "w"}, lease_time)->id, third.id);
  store.set_priority(third.id, 7);
  EXPECT_EQ(store.find(third.id)->priority, 5) << "it is under way";
  EXPECT_EQ(store.lease({.name = "w"}, lease_time)->id, second.id);
}

TEST_P(JobStoreTest, TheWaitIsTheWorkOfJobsBefore) {
  SqlJobStore store = open();
  auto add = [&](double forecast) {
    NewJob job = job_of("a");
    job.forecast = forecast;
    return store.add(job, any_queue);
  };
  const Job first = add(10), second = add(20), third = add(5);
  EXPECT_EQ(store.seconds_before(first), 0);
  EXPECT_EQ(store.seconds_before(third), 30);
  const Job leased = *store.lease({.name = "w"}, lease_time);
  EXPECT_EQ(store.seconds_before(second), 10) << "what is forecast of the one that is made";
  store.report(leased, {.progress = .5, .seconds_left = 4}, lease_time);
  EXPECT_EQ(store.seconds_before(third), 24);
  store.lease({.name = "v"}, lease_time);
  EXPECT_EQ(store.seconds_before(third), 12) << "two are at work";
  EXPECT_EQ(store.unfinished().size(), 3u);
  EXPECT_TRUE(store.complete(leased, {}));
  EXPECT_EQ(store.unfinished().size(), 2u);
}

TEST_P(JobStoreTest, AWorkerIsGivenOnlyJobsOfItsModels) {
  SqlJobStore store = open();
  store.add(job_of("a"), any_queue);
  const Job b = store.add(job_of("b"), any_queue), c = store.add(job_of("c"), any_queue);
  EXPECT_EQ(store.lease({.name = "w", .models = {"c", "b"}}, lease_time)->id, b.id);
  EXPECT_EQ(store.lease({.name = "w", .models = {"c", "b"}}, lease_time)->id, c.id);
  EXPECT_FALSE(store.lease({.name = "w", .models = {"c", "b"}}, lease_time));
}

TEST_P(JobStoreTest, JobsOfTheLoadedModelArePreferredUntilAnotherHasWaitedLongEnough) {
  SqlJobStore store = open({.loaded_preference = 1});
  const Job other = store.add(job_of("b"), any_queue), loaded = store.add(job_of("a"), any_queue);
  EXPECT_EQ(store.lease({.name = "w", .loaded = "a"}, lease_time)->id, loaded.id) << "it came only a moment later";
  pause(1.2);
  store.add(job_of("a"), any_queue);
  EXPECT_EQ(store.lease({.name = "w", .loaded = "a"}, lease_time)->id, other.id) << "it has waited longer than the bound";
  const Job high = store.add(job_of("b", 1), any_queue);
  EXPECT_EQ(store.lease({.name = "w", .loaded = "a"}, lease_time)->id, high.id) << "priorities count more";
}

TEST_P(JobStoreTest, AFullQueueRefuses) {
  SqlJobStore store = open();
  store.add(job_of("a"), 2);
  store.add(job_of("a"), 2);
  EXPECT_THAT(complaint<QueueFull>([&] { store.add(job_of("a"), 2); }), HasSubstr("2 jobs wait already"));
  store.lease({.name = "w"}, lease_time);
  EXPECT_NO_THROW(store.add(job_of("a"), 2)) << "a running job does not wait";
}

TEST_P(JobStoreTest, JobsAreListedPageByPage) {
  SqlJobStore store = open();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(store.add(job_of("a"), any_queue).id);
  auto walk = [&](bool newest_first) {
    std::vector<std::string> seen;
    Page page;
    do {
      page = store.list(seen.empty() ? "" : seen.back(), 2, newest_first);
      for (const Job& job : page.jobs) seen.push_back(job.id);
    } while (page.has_more);
    return seen;
  };
  EXPECT_EQ(walk(false), ids);
  std::reverse(ids.begin(), ids.end());
  EXPECT_EQ(walk(true), ids);
  EXPECT_THAT(complaint<base::InvalidRequest>([&] { store.list("video_none", 2, true); }), HasSubstr("after must be the id of a job"));
  store.remove(ids[1]);
  EXPECT_THAT(walk(true), ElementsAre(ids[0], ids[2], ids[3], ids[4]));
}

TEST_P(JobStoreTest, AQueuedJobIsCancelledAtOnceAndAFinalOneStays) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("a"), any_queue).id;
  const Job cancelled = store.cancel(id).value();
  EXPECT_EQ(cancelled.status, Status::cancelled);
  EXPECT_EQ(cancelled.failure->code, "cancelled");
  EXPECT_TRUE(cancelled.completed_at);
  EXPECT_FALSE(store.lease({.name = "w"}, lease_time));
  const std::string whole = store.add(job_of("a"), any_queue).id;
  store.complete(store.lease({.name = "w"}, lease_time).value(), {{"video", "v"}});
  EXPECT_EQ(store.cancel(whole)->status, Status::completed);
  EXPECT_FALSE(store.cancel("video_none"));
}

TEST_P(JobStoreTest, ARunningJobIsCancelledByItsWorker) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("a"), any_queue).id;
  const Job leased = store.lease({.name = "w"}, lease_time).value();
  EXPECT_EQ(store.cancel(id)->status, Status::in_progress);
  EXPECT_EQ(store.report(leased, {}, lease_time), Order::cancel);
  EXPECT_TRUE(store.finish_cancelled(leased));
  EXPECT_EQ(store.find(id)->status, Status::cancelled);
}

TEST_P(JobStoreTest, ACancelledJobIsNotBegunAgainWhenItsWorkerDiesOrGoes) {
  SqlJobStore store = open();
  const std::string lost = store.add(job_of("a"), any_queue).id;
  store.lease({.name = "w"}, no_time);
  store.cancel(lost);
  pause(.01);
  store.sweep(three_attempts);
  EXPECT_EQ(store.find(lost)->status, Status::cancelled);
  const std::string returned = store.add(job_of("a"), any_queue).id;
  const Job leased = store.lease({.name = "w"}, lease_time).value();
  store.cancel(returned);
  EXPECT_TRUE(store.give_back(leased));
  EXPECT_EQ(store.find(returned)->status, Status::cancelled);
}

TEST_P(JobStoreTest, ARemovedJobIsGoneOnceItsFolderIs) {
  SqlJobStore store = open();
  const std::string queued = store.add(job_of("a"), any_queue).id;
  EXPECT_TRUE(store.remove(queued));
  EXPECT_FALSE(store.remove(queued));
  EXPECT_FALSE(store.find(queued));
  EXPECT_THAT(store.sweep(three_attempts), IsEmpty()) << "it never had a folder";

  const std::string running = store.add(job_of("a"), any_queue).id;
  const Job leased = store.lease({.name = "w"}, lease_time).value();
  EXPECT_TRUE(store.remove(running));
  EXPECT_FALSE(store.find(running));
  EXPECT_THAT(store.sweep(three_attempts), IsEmpty()) << "its worker still writes";
  EXPECT_EQ(store.report(leased, {}, lease_time), Order::cancel);
  EXPECT_TRUE(store.finish_cancelled(leased));
  EXPECT_THAT(store.sweep(three_attempts), ElementsAre(running));
  store.forget(running);
  EXPECT_THAT(store.sweep(three_attempts), IsEmpty());
  EXPECT_THAT(connect()->execute("SELECT id FROM zoetrope_jobs", {}), IsEmpty()) << "no row is left";
}

TEST_P(JobStoreTest, AnAttemptWhoseLeaseEndsIsMadeAgainAndTheJobFailsAfterThree) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("a"), any_queue).id;
  for (int64_t attempt = 1; attempt <= three_attempts; ++attempt) {
    EXPECT_EQ(store.find(id)->status, Status::queued);
    EXPECT_EQ(store.lease({.name = fmt::format("w{}", attempt)}, no_time)->attempts, attempt);
    pause(.01);
    store.sweep(three_attempts);
  }
  const Job failed = store.find(id).value();
  EXPECT_EQ(failed.status, Status::failed);
  EXPECT_EQ(failed.failure->code, "worker_lost");
  EXPECT_EQ(failed.failure->message, "the workers of 3 attempts died or hung; the last one was w3");
  EXPECT_TRUE(failed.completed_at);
  EXPECT_FALSE(store.lease({.name = "w"}, lease_time));
  EXPECT_THAT(store.sweep(three_attempts), ElementsAre(id)) << "what the attempts left may go";
  store.forget(id);
  EXPECT_THAT(store.sweep(three_attempts), IsEmpty());
  EXPECT_EQ(store.find(id)->status, Status::failed);
}

TEST_P(JobStoreTest, ALostLeaseStoresNothing) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("a"), any_queue).id;
  const Job old = store.lease({.name = "w"}, no_time).value();
  pause(.01);
  store.sweep(three_attempts);
  auto stores_nothing = [&] {
    const Job before = store.find(id).value();
    EXPECT_EQ(store.report(old, {.progress = .9, .stage = "decoding"}, lease_time), Order::lost);
    EXPECT_FALSE(store.complete(old, {{"video", "old"}}));
    EXPECT_FALSE(store.fail(old, {"server_error", "old"}));
    EXPECT_FALSE(store.finish_cancelled(old));
    EXPECT_FALSE(store.give_back(old) && before.status != Status::queued);
    const Job after = store.find(id).value();
    EXPECT_EQ(std::tie(before.status, before.progress, before.stage, before.attempts, before.artifacts, before.lease),
              std::tie(after.status, after.progress, after.stage, after.attempts, after.artifacts, after.lease));
  };
  stores_nothing();
  const Job taken = store.lease({.name = "w"}, lease_time).value();  // even by a worker of the same name
  stores_nothing();
  EXPECT_TRUE(store.complete(taken, {{"video", "new"}}));
  stores_nothing();
}

TEST_P(JobStoreTest, ALateWorkerGoesOnWhereNobodyHasNoticed) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("a"), any_queue).id;
  const Job leased = store.lease({.name = "w"}, no_time).value();
  pause(.01);
  EXPECT_EQ(store.report(leased, {}, lease_time), Order::go_on);
  store.sweep(three_attempts);
  EXPECT_EQ(store.find(id)->status, Status::in_progress) << "its lease is prolonged";
}

TEST_P(JobStoreTest, AJobThatIsGivenBackCountsAsNotBegun) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("a"), any_queue).id;
  EXPECT_TRUE(store.give_back(store.lease({.name = "w"}, lease_time).value()));
  EXPECT_EQ(store.find(id)->status, Status::queued);
  EXPECT_EQ(store.find(id)->attempts, 0);
  EXPECT_EQ(store.lease({.name = "w"}, lease_time)->attempts, 1);
}

TEST_P(JobStoreTest, ArtifactsGoWhenTheirTimeIsOverAndTheJobStays) {
  SqlJobStore store = open({.time_to_live = 1});
  const std::string id = store.add(job_of("a"), any_queue).id;
  store.complete(store.lease({.name = "w"}, lease_time).value(), {{"video", "v"}});
  EXPECT_NEAR(static_cast<double>(store.find(id)->expires_at.value() - store.find(id)->completed_at.value()), 1, 1);
  EXPECT_THAT(store.sweep(three_attempts), IsEmpty());
  pause(1.1);
  EXPECT_THAT(store.sweep(three_attempts), ElementsAre(id));
  store.forget(id);
  EXPECT_THAT(store.sweep(three_attempts), IsEmpty());
  EXPECT_EQ(store.find(id)->status, Status::completed);
  EXPECT_TRUE(store.find(id)->artifacts.is_null());
}

TEST_P(JobStoreTest, JobsAreCounted) {
  SqlJobStore store = open();
  EXPECT_EQ(store.counts().oldest_wait, 0);
  for (int i = 0; i < 6; ++i) store.add(job_of("a"), any_queue);
  auto lease = [&] { return store.lease({.name = "w"}, lease_time).value(); };
  lease();
  store.complete(lease(), {});
  store.fail(lease(), {"server_error", "so"});
  const Job unwanted = lease();
  store.cancel(unwanted.id);
  store.finish_cancelled(unwanted);
  pause(.1);
  const JobCounts counts = store.counts();
  EXPECT_THAT((std::vector{counts.queued, counts.in_progress, counts.completed, counts.failed, counts.cancelled}),
              ElementsAre(2, 1, 1, 1, 1));
  EXPECT_GT(counts.oldest_wait, .09);
}

TEST_P(JobStoreTest, ManyWorkersNeverLeaseAJobTwice) {
  constexpr int jobs = 60, workers = 4;
  SqlJobStore first = open(), second = open();
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i)  // as many add at once; two too many
    threads.emplace_back([&, i] {
      for (int k = 0; k < jobs / workers + (i < 2); ++k) try {
          (i % 2 ? first : second).add(job_of("a"), jobs);
        } catch (const QueueFull&) {
          ++refused;
        }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 2) << "the queue is never longer than it may be";
  std::vector<std::vector<std::string>> leased(workers);
  threads.clear();
  for (int i = 0; i < workers; ++i)
    threads.emplace_back([&, i] {
      while (auto job = (i % 2 ? first : second).lease({.name = fmt::format("w{}", i)}, lease_time))
        leased[static_cast<size_t>(i)].push_back(job->id);
    });
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> all;
  for (const auto& ids : leased) all.insert(all.end(), ids.begin(), ids.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.size(), jobs);
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
}

TEST_P(JobStoreTest, TablesOfAnotherVersionAreRefused) {
  open();
  connect()->execute("UPDATE zoetrope_store SET version = 2", {});
  EXPECT_THAT(complaint<base::UsageError>([&] { open(); }), HasSubstr("has version 2, this program knows 1"));
}

TEST_P(JobStoreTest, NullCharactersAndBrokenTextDoNoHarm) {
  SqlJobStore store = open();
  NewJob job = job_of("a");
  job.asked = {{"prompt", std::string("a\0b", 3)}, {"user", "\xff\xfe"}};
  const std::string id = store.add(job, any_queue).id;
  EXPECT_EQ(store.find(id)->asked.at("prompt"), std::string("a\0b", 3));
  const Job leased = store.lease({.name = "w"}, lease_time).value();
  EXPECT_EQ(store.report(leased, {.stage = std::string("x\0y", 3), .notices = {"\xff"}}, lease_time), Order::go_on);
  EXPECT_TRUE(store.fail(leased, {"server_error", std::string("bad\0end", 7)}));
  EXPECT_THAT(store.find(id)->failure->message, HasSubstr("bad"));
}

// What only one of the two has.

struct SqliteStore : testing::Test {
  SqlJobStore open() {
    return SqlJobStore([this] { return open_sqlite(folder / "jobs.sqlite", [this] { return now; }); }, {});
  }
  TemporaryFolder folder;
  double now = 1e9;  // what the clock says
};

TEST_F(SqliteStore, AClockThatIsSetForwardEndsNoLease) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("a"), any_queue).id;
  store.lease({.name = "w"}, lease_time);
  store.sweep(three_attempts);
  now += 3600;
  store.sweep(three_attempts);
  EXPECT_EQ(store.find(id)->status, Status::in_progress);
  now += 2;  // of which none has passed by the other clock; but so little is no jump
  store.sweep(three_attempts);
  EXPECT_EQ(store.find(id)->status, Status::in_progress) << "the lease was begun anew";
}

TEST_F(SqliteStore, AClockThatIsSetBackDoesNotLetADeadWorkerKeepItsJob) {
  SqlJobStore store = open();
  const std::string id = store.add(job_of("a"), any_queue).id;
  store.lease({.name = "w"}, 2);
  now -= 3600;
  store.sweep(three_attempts);
  now += 3;
  store.sweep(three_attempts);
  EXPECT_EQ(store.find(id)->status, Status::queued);
}

TEST_F(SqliteStore, WaitsForAnotherProgramThatWrites) {
  SqlJobStore store = open();
  auto other = open_sqlite(folder / "jobs.sqlite");
  std::atomic<bool> released = false;
  std::atomic<bool> begun = false;
  std::thread slow([&] {
    other->transact([&] {
      begun = true;
      pause(.5);
      released = true;
    });
  });
  while (!begun) pause(.001);
  EXPECT_FALSE(store.find("video_none")) << "readers do not wait";
  EXPECT_FALSE(released);
  store.add(job_of("a"), any_queue);
  EXPECT_TRUE(released);
  slow.join();
}

TEST_F(SqliteStore, AFullDiskIsASentenceAndWhatIsStoredStays) {
  const auto connect = [this] {
    auto database = open_sqlite(folder / "jobs.sqlite");
    database->execute("PRAGMA max_page_count = 20", {});  // what SQLite says is the same as of a full disk
    return database;
  };
  SqlJobStore store(connect, {});
  int64_t added = 0;
  const std::string said = complaint([&] {
    for (; added < 10'000; ++added) store.add(job_of("a"), 10'000);
  });
  EXPECT_THAT(said, HasSubstr("the disk is full"));
  EXPECT_GT(added, 0);
  EXPECT_EQ(store.counts().queued, added);
  EXPECT_EQ(open().counts().queued, added);
  EXPECT_NO_THROW(open().add(job_of("a"), 10'000)) << "there is space again";
}

TEST_F(SqliteStore, AFileThatIsNoDatabaseAndAFolderThatCannotBeMadeAreRefused) {
  base::write_file(folder / "letter.txt", std::string(5000, 'a'));
  EXPECT_THAT(complaint([&] { open_job_store(folder / "letter.txt"); }), HasSubstr("letter.txt' is not a table of jobs"));
  EXPECT_THAT(complaint([&] { open_job_store(folder / "letter.txt" / "jobs.sqlite"); }), HasSubstr("cannot be made"));
}

TEST(PostgresStore, GoesOnWhenItsServerWasAwayForAWhile) {
  if (test::PostgresServer::programs().empty()) GTEST_SKIP() << "PostgreSQL is not installed; tools/setup.sh tests installs it";
  test::PostgresServer server;
  auto store = open_job_store(server.url());
  const std::string id = store->add(job_of("a"), any_queue).id;
  server.stop();
  std::thread later([&] {
    pause(2);
    server.start();
  });
  const std::optional<Job> leased = store->lease({.name = "w"}, lease_time);  // while there is none
  EXPECT_EQ(store->find(id)->status, Status::in_progress);
  EXPECT_TRUE(leased && store->complete(*leased, {{"video", "v"}}));
  later.join();
}

TEST(PostgresStore, AServerThatIsNotThereIsOneSentence) {
  EXPECT_THAT(complaint<DatabaseUnavailable>([] { open_job_store("postgresql://nobody:secret@127.0.0.1:1/none"); }),
              testing::AllOf(HasSubstr("cannot be reached"), testing::Not(HasSubstr("secret")), testing::Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace zoetrope::serving
