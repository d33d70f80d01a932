// Timings as text: `milliseconds TAB key` a line under a header. Foreign or damaged lines are skipped with a warning.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

class TimingCache {
 public:
  const double* find(const std::string& key) const;
  void insert(const std::string& key, double ms);  // keeps the smaller: noise only ever adds
  void merge(const TimingCache& other);
  size_t size() const { return times_.size(); }

  std::string to_text() const;
  // Adds what it can read; returns warnings. A text of another format is an Error: who wrote it may want it back.
  std::vector<std::string> read(std::string_view text);

 private:
  std::map<std::string, double, std::less<>> times_;
};

}  // namespace tenon
