// C++ itself: streams, containers, exceptions across frames, destructors, type information, the file system's paths.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Trace {
  const char* name;
  ~Trace() { std::cout << "~" << name << '\n'; }
};

int Throw(int depth) {
  const Trace trace{depth == 0 ? "innermost" : "frame"};
  if (depth == 0) throw std::out_of_range("deep");
  return Throw(depth - 1) + 1;
}

void Exceptions() {
  try {
    Throw(2);
  } catch (const std::logic_error& error) {
    std::cout << "caught " << error.what() << '\n';
  }
  try {
    try {
      std::vector<int>(3).at(7);
    } catch (...) {
      std::throw_with_nested(std::runtime_error("outer"));
    }
  } catch (const std::exception& error) {
    std::cout << error.what() << '\n';
    try {
      std::rethrow_if_nested(error);
    } catch (const std::out_of_range&) {
      std::cout << "nested\n";
    }
  }
  try {
    (void)std::stoi("not a number");
  } catch (const std::invalid_argument&) {
    std::cout << "invalid argument\n";
  }
  struct Base {
    virtual ~Base() = default;
  };
  struct Derived : Base {};
  struct Other : Base {};
  Derived derived;
  Base& base = derived;
  try {
    (void)dynamic_cast<Other&>(base);
  } catch (const std::bad_cast&) {
    std::cout << "bad cast\n";
  }
}

void Containers() {
  std::map<std::string, int> counts;
  std::istringstream words("the cat and the dog and the bird");
  for (std::string word; words >> word;) ++counts[word];
  for (const auto& [word, count] : counts) std::cout << word << '=' << count << ' ';
  std::cout << '\n';
  std::vector<int> numbers(1000);
  std::iota(numbers.rbegin(), numbers.rend(), 0);
  std::sort(numbers.begin(), numbers.end());
  std::cout << std::accumulate(numbers.begin(), numbers.end(), 0) << ' ' << numbers[999] << '\n';
  std::unordered_map<int, std::string> names{{1, "one"}, {2, "two"}};
  std::cout << names.at(2) << ' ' << names.count(3) << '\n';
  const std::optional<int> none;
  std::cout << none.value_or(9) << ' ' << *std::make_shared<int>(5) << '\n';
  std::cout << std::regex_replace(std::string("a1b22c"), std::regex("[0-9]+"), "#") << '\n';
}

void Formats() {
  std::cout << std::hex << std::showbase << 255 << std::dec << ' ' << std::setw(6) << std::setfill('*') << 42 << ' ' << std::fixed
            << std::setprecision(3) << 3.14159 << ' ' << std::scientific << 12345.678 << ' ' << std::boolalpha << true << '\n';
  std::ostringstream text;
  text << 0.1f << ' ' << 1e300 << ' ' << -7LL << ' ' << static_cast<unsigned char>('x');
  std::cout << text.str() << '\n';
}

}  // namespace

int main() {
  Exceptions();
  Containers();
  Formats();
  const std::filesystem::path path = L"C:\\folder\\file.txt";
  std::cout << path.filename().string() << ' ' << path.extension().string() << ' ' << path.parent_path().string() << ' '
            << path.is_absolute() << '\n';
  std::cout << std::filesystem::exists("C:\\no\\such\\file") << '\n';
}
