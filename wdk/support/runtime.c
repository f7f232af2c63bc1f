// What clang's code refers to in every driver, and the WDK's own libraries hold.

/// The linker wants it once floating point is used anywhere in the image.
int _fltused = 0x9875;

/// The personality routine clang names for C++ functions. Drivers are compiled without C++ exceptions, so no frame has
/// anything for it to do: the search goes on (ExceptionContinueSearch).
int __CxxFrameHandler3(void* record, void* frame, void* context, void* dispatcher) {
  (void)record, (void)frame, (void)context, (void)dispatcher;
  return 1;
}
