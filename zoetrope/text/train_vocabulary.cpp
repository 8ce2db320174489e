#include <sentencepiece_trainer.h>

#include "zoetrope/base/atomic_file.h"
#include "zoetrope/base/error.h"
#include "zoetrope/text/prompt.h"
#include "zoetrope/text/tokenizer.h"

namespace zoetrope::text {
namespace {

/// Hands sentences to the trainer one by one.
class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& sentences) : here_(sentences.begin()), end_(sentences.end()) {}
  bool done() const override { return here_ == end_; }
  void Next() override { ++here_; }
  const std::string& value() const override { return *here_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::vector<std::string>::const_iterator here_, end_;
};

}  // namespace

void train_vocabulary(const std::vector<std::string>& sentences, int64_t size, const std::filesystem::path& out) {
  for (const std::string& sentence : sentences) check_prompt(sentence);

  Sentences iterator(sentences);
  std::string model;
  auto status = sentencepiece::SentencePieceTrainer::Train(
      {
          {"model_type", "unigram"},
          {"vocab_size", std::to_string(size)},
          {"hard_vocab_limit", "false"},  // few captions give fewer pieces than were asked for
          {"character_coverage", "1.0"},
          {"byte_fallback", "true"},
          {"normalization_rule_name", "nmt_nfkc_cf"},
          {"pad_id", "0"},
          {"eos_id", "1"},
          {"unk_id", "2"},
          {"bos_id", "-1"},
          {"num_threads", "1"},  // sums in one order, so one file on every machine
          {"minloglevel", "4"},  // errors are told by the status; nothing is printed
      },
      &iterator, &model);
  if (!status.ok())
    throw base::Error("a vocabulary of {} pieces cannot be learned from {} captions: {}", size, sentences.size(), status.message());
  base::write_file(out, model);
}

}  // namespace zoetrope::text
