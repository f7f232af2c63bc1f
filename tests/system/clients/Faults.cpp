// Writes through a null pointer.
int main() {
  *static_cast<volatile int*>(nullptr) = 1;
  return 0;
}
