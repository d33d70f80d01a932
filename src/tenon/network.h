// What an api::Network is made of.
#pragma once
#include <tenon.h>

#include "ir/network.h"

namespace tenon::api {

struct Network::State {
  tenon::Network network;
  std::set<std::string> names;  // of all values
  int made = 0;                 // nodes, for names

  tenon::Value& value(const Value& handle) const;
  Value handle(tenon::Value& value) const;
  void take_name(const std::string& name);
  std::string fresh_name(const std::string& op);
  tenon::Node& add(std::unique_ptr<Op> op, std::vector<tenon::Value*> operands, std::string name);
};

}  // namespace tenon::api
