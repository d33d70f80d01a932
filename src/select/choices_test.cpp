#include "select/choices.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "tenon/build.h"
#include "tenon/providers.h"

namespace tenon {
namespace {

const char* lines = "x = input() type=f32[1,8,5,5]\na = relu(x)\ny = reduce(a) kind=mean axes=2,3\nreturn y\n";

struct Here {
  Graph graph = parse(lines);
  Target target = cpu_target(1);
  Catalog offers = catalog(graph, all_providers(), target, domains(graph, {}));
};

std::string reason_for(std::string plans) {
  Here here;
  return read_choices(plans, here.target, here.graph, here.offers).reason;
}

TEST(Choices, of_another_machine_are_made_anew_with_one_note_and_kept) {
  std::string plans = build(parse(lines), {.threads = 1}).plans;
  std::string foreign = plans;
  foreign.replace(foreign.find("cpu"), 3, "z80");
  Built built = build(parse(lines), {.threads = 1, .plans = foreign});
  ASSERT_EQ(built.notes.size(), 1u);
  EXPECT_NE(built.notes[0].find("holds no plan for"), std::string::npos) << built.notes[0];
  EXPECT_EQ(built.plans, foreign + plans);
}

TEST(Choices, that_nobody_offers_are_refused) {
  std::string plans = build(parse(lines), {.threads = 1}).plans;
  auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = plans;
    size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << text;
    return text.replace(at, from.size(), to);
  };
  EXPECT_EQ(reason_for(plans), "");
  EXPECT_NE(reason_for(changed("\ny ", "\nz ")).find("no node makes 'z'"), std::string::npos);
  EXPECT_NE(reason_for(changed("reduce.", "magic.")).find("nobody offers"), std::string::npos);
  std::string without_input = plans;
  size_t at = without_input.find("\nx ");
  without_input.erase(at, without_input.find('\n', at + 1) - at);
  EXPECT_NE(reason_for(without_input).find("is not there as"), std::string::npos);
  std::string twice = changed("\ny ", plans.substr(at, plans.find('\n', at + 1) - at) + "\ny ");
  EXPECT_NE(reason_for(twice).find("made twice"), std::string::npos);
}

}  // namespace
}  // namespace tenon
