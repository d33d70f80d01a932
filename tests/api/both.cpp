// Two generations in one process: linked, or opened with RTLD_LOCAL as `both LIBRARY ENTRY …`.
#include <dlfcn.h>

#include <cstdio>

#ifdef LINKED
extern "C" int run8();
extern "C" int run10();
int main() { return run8() | run10() | run8(); }
#else
int main(int, char** words) {
  int bad = 0;
  for (int i = 1; words[i]; i += 2) {
    void* library = dlopen(words[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) return std::puts(dlerror()), 2;
    bad |= reinterpret_cast<int (*)()>(dlsym(library, words[i + 1]))();
  }
  return bad;
}
#endif
