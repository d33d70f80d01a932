#include "tenon/guarded.h"

namespace tenon::api {

const char* name_of_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::invalid_model: return "invalid_model";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::out_of_memory: return "out_of_memory";
    case ErrorCode::device: return "device";
    case ErrorCode::corrupt_engine: return "corrupt_engine";
    case ErrorCode::cancelled: return "cancelled";
    case ErrorCode::io: return "io";
    case ErrorCode::internal: return "internal";
  }
  return "internal";
}

Port port_of(const std::string& name, const TensorType& type) {
  Port p{name, name_of(type.element), {}};
  for (const Dim& d : type.shape) p.shape.push_back(to_text(d));
  return p;
}

}  // namespace tenon::api
