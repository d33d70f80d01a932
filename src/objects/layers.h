// Every class of layers.
#pragma once
#include "objects/math_layers.h"
#include "objects/move_layers.h"
#include "objects/network.h"
#include "objects/source_layers.h"
#include "objects/window_layers.h"
