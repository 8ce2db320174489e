#include "zoetrope/serving/postgres_database.h"

#include <optional>
#include <pqxx/pqxx>
#include <unordered_map>

namespace zoetrope::serving {
namespace {

constexpr const char* now = "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)";  // not that of the transaction's begin
constexpr int64_t alone_key = 0x7a6f65;                                                         // of the lock that be_alone takes

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) text.replace(at, what.size(), by);
  return text;
}

std::string first_line(std::string text) {
  text.resize(std::min(text.size(), text.find('\n')));
  return text;
}

class PostgresDatabase : public Database {
 public:
  explicit PostgresDatabase(std::string url) : url_(std::move(url)) {
    translated([&] { connect(); });
  }

  std::vector<Row> execute(const std::string& statement, const std::vector<Value>& values) override {
    return translated([&] {
      connect();
      if (transaction_ != nullptr) return run(*transaction_, statement, values);
      pqxx::nontransaction alone(*connection_);
      return run(alone, statement, values);
    });
  }

  void transact(const std::function<void()>& work) override {
    translated([&] {
      connect();
      pqxx::work transaction(*connection_);
      struct Current {
        Current(pqxx::work*& place, pqxx::work& transaction) : place(place) { place = &transaction; }
        ~Current() { place = nullptr; }
        pqxx::work*& place;
      } current(transaction_, transaction);
      work();
      transaction.commit();
    });
  }

  void be_alone() override { execute("SELECT 1 FROM pg_advisory_xact_lock($1)", {alone_key}); }
  std::string pick() const override { return " FOR UPDATE SKIP LOCKED"; }

 private:
  void connect() {
    if (is_broken_ && transaction_ == nullptr) connection_.reset(), prepared_.clear();
    if (connection_) return;
    connection_ = std::make_unique<pqxx::connection>(url_);
    connection_->set_variable("client_min_messages", "warning");  // that a table is there already is no news
    is_broken_ = false;
  }

  std::vector<Row> run(pqxx::transaction_base& transaction, const std::string& statement, const std::vector<Value>& values) {
    auto [found, is_new] = prepared_.try_emplace(statement, fmt::format("s{}", prepared_.size()));
    if (is_new) connection_->prepare(found->second, replaced(statement, "$now", now));
    std::vector<std::optional<std::string>> texts;
    for (const Value& value : values) texts.push_back(text_of(value));
    std::vector<const char*> given;
    for (const auto& text : texts) given.push_back(text ? text->c_str() : nullptr);
    const pqxx::result result = transaction.exec_prepared(found->second, pqxx::prepare::make_dynamic_params(given));
    std::vector<Row> rows;
    for (const pqxx::row& row : result) {
      rows.emplace_back();
      for (const pqxx::field& field : row) rows.back().push_back(value_of(field));
    }
    return rows;
  }

  static std::optional<std::string> text_of(const Value& value) {
    if (auto* number = std::get_if<int64_t>(&value)) return fmt::format("{}", *number);
    if (auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
    if (auto* text = std::get_if<std::string>(&value)) return replaced(*text, std::string_view("\0", 1), "");  // which TEXT cannot hold
    return std::nullopt;
  }

  static Value value_of(const pqxx::field& field) {
    enum Type : pqxx::oid { int8 = 20, int4 = 23, float8 = 701 };  // pg_type.dat
    if (field.is_null()) return {};
    switch (field.type()) {
      case int8:
      case int4:
        return int64_t{field.as<int64_t>()};
      case float8:
        return field.as<double>();
      default:
        return std::string(field.c_str(), field.size());
    }
  }

  /// Says in our words what libpqxx throws.
  template <class Work>
  auto translated(Work work) -> decltype(work()) {
    try {
      return work();
    } catch (const pqxx::sql_error& error) {
      const std::string state = error.sqlstate();
      const bool is_shut_down = state.starts_with("57P"), collided = state == "40001" || state == "40P01";
      if (is_shut_down) is_broken_ = true;
      if (is_shut_down || collided) throw DatabaseUnavailable("the database of the jobs is away: {}", first_line(error.what()));
      throw base::Error("the database of the jobs does not do what it is asked: {}", first_line(error.what()));
    } catch (const pqxx::failure& error) {  // a broken connection, or one that broke while a transaction ended
      is_broken_ = true;
      throw DatabaseUnavailable("the database of the jobs cannot be reached: {}", first_line(error.what()));
    }
  }

  std::string url_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unordered_map<std::string, std::string> prepared_;  // statement -> its name
  pqxx::work* transaction_ = nullptr;
  bool is_broken_ = false;
};

}  // namespace

bool is_postgres_url(const std::string& url) { return url.starts_with("postgresql://") || url.starts_with("postgres://"); }

std::unique_ptr<Database> open_postgres(const std::string& url) { return std::make_unique<PostgresDatabase>(url); }

}  // namespace zoetrope::serving
