#include <sentencepiece_trainer.h>
#include <unicode/brkiter.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/text/prompt.h"
#include "zoetrope/text/tokenizer.h"

namespace zoetrope::text {
namespace {

/// The sentence with `mark` behind each word; ICU's dictionary tells the words of Chinese apart.
std::string mark_words(const std::string& sentence, char16_t mark) {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::BreakIterator> words(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) throw base::Error("the Unicode library ICU cannot split words: {}", u_errorName(status));
  auto text = icu::UnicodeString::fromUTF8(sentence);
  words->setText(text);
  icu::UnicodeString marked;
  for (int32_t start = words->first(), end = words->next(); end != icu::BreakIterator::DONE; start = end, end = words->next()) {
    marked.append(text, start, end - start);
    if (words->getRuleStatus() >= UBRK_WORD_NONE_LIMIT) marked.append(mark);
  }
  std::string out;
  return marked.toUTF8String(out);
}

/// What the trainer learns from. It takes for pieces what occurs in two different words or more (so the words of a small language would
/// all fall to pieces), and Chinese sentences for words (so that a piece would be a phrase, whose parts the encoder could not combine
/// anew). Two marks behind each word let every word occur twice, and none grow into the next: a piece is a word or a part of one.
std::vector<std::string> material(const std::vector<std::string>& sentences) {
  std::vector<std::string> out;
  for (const std::string& sentence : sentences) {
    check_prompt(sentence);
    for (char16_t mark : {u',', u'.'}) out.push_back(mark_words(sentence, mark));
  }
  return out;
}

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
  std::vector<std::string> marked = material(sentences);
  Sentences iterator(marked);
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
