// Networks built by code: the native part of python/tenon/network.py.
#pragma once
#include <pybind11/pybind11.h>
#include <tenon.h>

tenon::api::Options options_of(int threads, bool optimize, double tuning_ms, const std::vector<std::string>& providers,
                               const std::map<std::string, std::array<int64_t, 3>>& profile);
void add_network(pybind11::module_& m);
