// A convolution by oneDNN, cut into tiles: for each image, blocks of its output channels. One primitive serves all
// tiles of a size, each thread runs one at a time; the grid follows from shapes alone.
#pragma once
#include "regions/onednn/post_ops.h"

namespace tenon::onednn {

void offer_conv(const Provider& provider, const Epilogue& epilogue, const Target& target, Offers& offers);
std::unique_ptr<Kernel> prepare_conv(const Epilogue& epilogue, const Offer& offer, const Target& target);

}  // namespace tenon::onednn
