// IRQL through imports, as drivers of the newer headers have it: ours have these functions inline, so they are declared here.
typedef unsigned char KIRQL;
__declspec(dllimport) KIRQL KfRaiseIrql(KIRQL NewIrql);
__declspec(dllimport) void KeLowerIrql(KIRQL NewIrql);

void RaiseAndLowerIrql(unsigned long Times) {
  for (unsigned long i = 0; i < Times; ++i) {
    KeLowerIrql(KfRaiseIrql(2));
  }
}
