// Finds operators by name over ops.def.
#include <unordered_map>

#include "ir/op.h"

namespace tenon {

#define OPS(folder) extern const OpInfos folder##_ops;
#include "ops/ops.def"

std::vector<OpInfos> all_ops() {
  return {
#define OPS(folder) folder##_ops,
#include "ops/ops.def"
  };
}

const OpInfo* find_op_or_null(std::string_view name) {
  static const std::unordered_map<std::string_view, const OpInfo*> index = [] {
    std::unordered_map<std::string_view, const OpInfo*> map;
    for (OpInfos folder : all_ops())
      for (const OpInfo& info : folder) map.emplace(info.name, &info);
    return map;
  }();
  auto it = index.find(name);
  return it == index.end() ? nullptr : it->second;
}

const OpInfo& find_op(std::string_view name) {
  const OpInfo* info = find_op_or_null(name);
  if (!info) fail(ErrorId::unsupported_operator, "no operator is called '", name, "'");
  return *info;
}

}  // namespace tenon
