#include "ops/col2im/col2im.h"

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(Col2Im, col2im)

Types Col2Im::infer(const Inputs& in) const {
  in.check_count(3, 3);
  in.check_element(0, plain_types, "x");
  const Shape& x = in[0].shape;
  check(x.size() == 3, "x is ", in[0], ", expected [N,C*block,blocks]");
  Contents image = known_list(in, 1, "the image's shape"), block = known_list(in, 2, "the block's shape");
  check(image.size() == block.size() && !image.empty(), "the image has ", image.size(), " axes, the block ",
        block.size());
  check(auto_pad == AutoPad::explicit_pads && !ceil, "padding has to be explicit");
  check_axes(int(image.size()));
  Dim elements = 1, blocks = 1;
  for (size_t i = 0; i < image.size(); ++i) {
    check(!block[i].known() || block[i].value() > 0, "the block has extent ", block[i], " along axis ", i);
    check(!image[i].known() || image[i].value() >= 0, "the image has extent ", image[i], " along axis ", i);
    elements = elements * block[i];
    blocks = blocks * along(int(i), image[i], block[i]).output;
  }
  check(!x[1].known() || !elements.known() || x[1].value() % elements.value() == 0, "x is ", in[0],
        ", which does not fall into blocks of ", elements);
  check(!x[2].known() || !blocks.known() || x[2] == blocks, "x is ", in[0], ", expected ", blocks,
        " blocks for an image of ", image);
  Shape y{x[0], floor_div(x[1], elements)};
  y.insert(y.end(), image.begin(), image.end());
  return {TensorType{in[0].element, y}};
}

void Col2Im::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const View& y = out[0];
  std::vector<Slide> slides;
  Extents image, block, blocks;
  for (int i = 0; i < y.rank() - 2; ++i) {
    slides.push_back(slide(i, y[i + 2], number_in(in[2], i)));
    image.push(y[i + 2]);
    block.push(slides.back().extent);
    blocks.push(slides.back().output);
  }
  int64_t plane = image.count(), taps = block.count(), count = blocks.count();
  if (y.count() == 0) return;
  dispatch(y.element, [&]<class T>() {
    std::vector<Wide<T>> sum(static_cast<size_t>(plane));
    const T* x = in[0].as<T>();
    for (int64_t p = 0; p < y.extents.count_between(0, 2); ++p) {
      std::fill(sum.begin(), sum.end(), Wide<T>(0));
      Walk<0> tap(block, {});
      for (int64_t t = 0; t < taps; ++t, tap.next()) {
        Walk<0> at(blocks, {});
        for (int64_t b = 0; b < count; ++b, at.next(), ++x) {
          int64_t place = 0;
          for (int d = 0; d < image.rank && place >= 0; ++d) {
            int64_t i = slides[size_t(d)].source(at.at(d), tap.at(d));
            place = i < 0 || i >= image[d] ? -1 : place * image[d] + i;
          }
          if (place >= 0) sum[size_t(place)] += Wide<T>(*x);
        }
      }
      for (int64_t i = 0; i < plane; ++i) y.as<T>()[p * plane + i] = T(sum[size_t(i)]);
    }
  });
}

}  // namespace tenon
