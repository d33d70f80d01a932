// Networks built by code: the native part of python/tenon/network.py.
#pragma once
#include <pybind11/pybind11.h>
#include <tenon.h>

void add_network(pybind11::module_& m);
