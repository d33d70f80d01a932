// Build: from a lowered graph to a plan that contexts can share. The story of a build, in the order it happens.
#pragma once
#include "plan/program.h"

namespace tenon {

struct BuildOptions {
  std::string device = "cpu";
  Permissions permissions = {};
  std::vector<std::string> keep = {};  // names of values that they are not for
  int threads = 0;
  bool optimize = true;  // false: every node by its reference kernel
  double tuning_ms = 0;
  std::vector<std::string> providers = {};  // by name, beside the reference; empty: all
  Profile profile = {};
  std::vector<Profile> more_profiles = {};  // each has a program of its own
  Stop stop = {};
  std::string timing_cache = {};  // a file, read before and written after; empty: none
  std::string plans = {};         // of an engine file: taken over where they fit, unless tuning is asked for
};

struct Built {
  std::unique_ptr<Graph> graph;  // as lowered: what an engine file keeps
  std::shared_ptr<const Program> program;
  std::vector<std::shared_ptr<const Program>> more_programs;  // for the profiles behind the first
  std::string explanation;
  std::string plans;               // choices as text, for the engine file: this machine's, and what others left
  std::vector<std::string> notes;  // what a user should know, a line each
  std::map<std::string, double> stats;
  std::string device;  // what it is built for: "cpu avx512", "cuda sm_90"

  size_t profiles() const { return 1 + more_programs.size(); }
  const std::shared_ptr<const Program>& program_of(size_t profile) const {
    return profile ? more_programs[profile - 1] : program;
  }
  std::shared_ptr<const Plan> only_plan() const {
    check(program->stages.size() == 1, ErrorId::internal, "the program has ", program->stages.size(), " stages");
    return program->stages.front().plan;
  }
};

Built build(Graph graph, const BuildOptions& options);

}  // namespace tenon
