#include "network.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using tenon::api::Model;
using tenon::api::Network;
using tenon::api::Value;

void add_network(py::module_& m) {
  py::class_<Value>(m, "Value");
  py::class_<Network>(m, "Network")
      .def(py::init<>())
      .def_static("parse", &Network::parse)
      .def("input", &Network::input)
      .def("constant",
           [](Network& network, const std::string& element, const std::vector<int64_t>& shape, const py::buffer& bytes,
              const std::string& name) {
             py::buffer_info info = bytes.request();
             return network.constant(element, shape, info.ptr, size_t(info.size * info.itemsize), name);
           })
      .def("add_all", &Network::add_all)
      .def("output", &Network::output)
      .def("describe", &Network::describe)
      .def("dump", &Network::dump)
      .def(
          "build",
          [](const Network& network, const tenon::api::Options& options) { return Model::build(network, options); },
          py::call_guard<py::gil_scoped_release>());
}
