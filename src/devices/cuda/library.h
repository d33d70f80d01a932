// A shared library that is looked for at run time: nothing of Tenon links it.
#pragma once
#include <cstring>
#include <initializer_list>
#include <string>

namespace tenon {

class Library {
 public:
  explicit Library(std::initializer_list<const char*> names);  // the first that can be loaded
  bool is_there() const { return handle_; }
  const std::string& why() const { return why_; }  // it is not there, as the loader says it
  void* find(const char* symbol) const;            // null: it has none

  // Fills a table's entry; remembers what was not found.
  template <class Function>
  void find(Function& function, const char* symbol) {
    void* address = find(symbol);
    std::memcpy(&function, &address, sizeof address);
    if (!address && is_there()) missing_ = symbol;
  }
  const char* missing() const { return missing_; }  // a symbol that find did not find, or null

 private:
  void* handle_ = nullptr;
  const char* missing_ = nullptr;
  std::string why_;
};

}  // namespace tenon
