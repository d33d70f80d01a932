// The border where internal errors become api::Failure.
#pragma once
#include <tenon.h>

#include <new>

#include "ir/type.h"

namespace tenon::api {

const char* name_of_code(ErrorCode code);
Port port_of(const std::string& name, const TensorType& type);

// Nothing but Failure crosses the border.
template <class F>
auto guarded(F f) -> decltype(f()) {
  try {
    return f();
  } catch (const Error& e) {
    throw Failure(e.what(), text_of(e.id()), name_of_code(e.code()));
  } catch (const std::bad_alloc&) {
    throw Failure("TN401: out of memory", text_of(ErrorId::out_of_memory), name_of_code(ErrorCode::out_of_memory));
  } catch (const std::exception& e) {
    throw Failure(concat("TN901: ", e.what()), text_of(ErrorId::internal), name_of_code(ErrorCode::internal));
  }
}

}  // namespace tenon::api
