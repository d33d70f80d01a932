// All objects that a shell forwards to.
#pragma once
#include "objects/builder.h"
#include "objects/engine.h"
#include "objects/layers.h"
#include "objects/parser.h"
