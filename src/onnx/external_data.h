// Tensors' bytes in files beside the model: only in its folder and below, never through a link.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "onnx/model.h"

namespace tenon::onnx {

class ExternalData {
 public:
  // Without a folder, as Model::folder is after reading from memory, any use is refused.
  explicit ExternalData(std::string folder = "", FileSystem& system = operating_system())
      : folder_(std::move(folder)), system_(&system) {}

  // The bytes that TensorProto.external_data names, which have to be exactly `size_bytes`.
  // A checksum is not verified: it protects against accidents only, and few writers give one.
  std::vector<std::byte> read(const std::vector<Entry>& entries, int64_t size_bytes) const;

 private:
  std::string folder_;
  FileSystem* system_;
};

}  // namespace tenon::onnx
