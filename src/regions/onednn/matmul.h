// A matrix product by oneDNN, cut into tiles of rows and columns, or of single matrices of a batch. The constant right
// side is packed tile by tile. Rows that fill no tile are computed in one of zeros, so that any number of rows runs.
#pragma once
#include "regions/onednn/post_ops.h"

namespace tenon::onednn {

void offer_matmul(const Provider& provider, const Epilogue& epilogue, const Target& target, Offers& offers);
std::unique_ptr<Kernel> prepare_matmul(const Epilogue& epilogue, const Target& target);

}  // namespace tenon::onednn
