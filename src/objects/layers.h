// Every class of layers.
#pragma once
#include "objects/attention_layers.h"
#include "objects/condition_layers.h"
#include "objects/late_layers.h"
#include "objects/loop_layers.h"
#include "objects/math_layers.h"
#include "objects/move_layers.h"
#include "objects/network.h"
#include "objects/quantize_layers.h"
#include "objects/recurrent_layers.h"
#include "objects/source_layers.h"
#include "objects/special_layers.h"
#include "objects/window_layers.h"
