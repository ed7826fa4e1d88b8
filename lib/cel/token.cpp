#include "lib/cel/token.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace berth::cel {
namespace {

constexpr std::array<std::string_view, 20> kSymbols{"&&", "||", "==", "!=", "<=", ">=", "<",
                                                    ">",  "!",  "(",  ")",  "[",  "]",  ".",
                                                    ",",  "?",  ":",  "-",  "{",  "}"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::optional<char> unescaped(char c) {
  switch (c) {
  case '\\':
  case '\'':
  case '"': return c;
  case 'n': return '\n';
  case 't': return '\t';
  default: return std::nullopt;
  }
}

class Lexer {
public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && is_space(text_[at_]))
        ++at_;
      if (at_ == text_.size()) {
        tokens.push_back(Token{Token::Kind::End, "", at_});
        return tokens;
      }
      BERTH_TRY(Token token, next());
      tokens.push_back(std::move(token));
    }
  }

private:
  Result<Token> next() {
    const char c = text_[at_];
    if (is_letter(c))
      return run_of(Token::Kind::Name, [](char in) { return is_letter(in) || is_digit(in); });
    if (is_digit(c))
      return number();
    if (c == '\'' || c == '"')
      return quoted();
    for (const std::string_view symbol : kSymbols)
      if (text_.substr(at_).starts_with(symbol)) {
        Token token{Token::Kind::Symbol, std::string(symbol), at_};
        at_ += symbol.size();
        return token;
      }
    const bool is_printable = c > ' ' && c <= '~';
    return fail(fault_at(at_, is_printable ? "'" + std::string(1, c) + "' has no meaning here"
                                           : "a character outside of texts that has no meaning"));
  }

  template <class IsPart>
  Token run_of(Token::Kind kind, IsPart is_part) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_part(text_[at_]))
      ++at_;
    return Token{kind, std::string(text_.substr(begin, at_ - begin)), begin};
  }

  Result<Token> number() {
    Token token = run_of(Token::Kind::Int, is_digit);
    const bool has_fraction =
        at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1]);
    if (has_fraction || (at_ < text_.size() && is_letter(text_[at_])))
      return fail(fault_at(token.position, "only whole decimal numbers are supported"));
    return token;
  }

  Result<Token> quoted() {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    Token token{Token::Kind::String, "", begin};
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        if (token.text.empty() && at_ < text_.size() && text_[at_] == quote)
          return fail(fault_at(begin, "texts in three quotes are not supported"));
        return token;
      }
      if (c == '\n')
        break;
      if (c == '\\') {
        const auto meant =
            at_ + 1 < text_.size() ? unescaped(text_[at_ + 1]) : std::optional<char>{};
        if (!meant)
          return fail(fault_at(at_, R"(only \\, \', \", \n and \t may follow a backslash)"));
        c = *meant;
        ++at_;
      }
      token.text += c;
    }
    return fail(fault_at(begin, "the text has no closing quote"));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

Error fault_at(std::size_t position, std::string_view message) {
  return Error{Code::Invalid,
               "column " + std::to_string(position + 1) + ": " + std::string(message)};
}

Result<std::vector<Token>> tokens_of(std::string_view text) {
  return Lexer(text).run();
}

} // namespace berth::cel
