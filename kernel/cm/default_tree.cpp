// The keys that drivers look for in a fresh Windows 11 (10.0.22000).
#include "kernel/cm/default_tree.h"

#include <string>

namespace nt::cm {
namespace {

Key* Path(Key* root, std::u16string_view path, LONGLONG now) {
  Key* at = root;
  while (!path.empty()) {
    const std::u16string_view component = path.substr(0, path.find(u'\\'));
    path.remove_prefix(component.size());
    if (!path.empty()) path.remove_prefix(1);
    Key* const child = at->Find(component);
    at = child != nullptr ? child : at->Add(component, root->is_volatile, now);
  }
  return at;
}

void Number(Key* key, std::u16string_view name, ULONG value) { key->SetValue(name, REG_DWORD, &value, sizeof value, key->last_write); }

void Text(Key* key, std::u16string_view name, std::u16string_view text, ULONG type = REG_SZ) {
  const std::u16string terminated(text);
  key->SetValue(name, type, terminated.c_str(), (terminated.size() + 1) * sizeof(WCHAR), key->last_write);
}

}  // namespace

void AddSystemDefaults(Key* root, LONGLONG now) {
  Key* const select = Path(root, u"Select", now);
  Number(select, u"Current", 1);
  Number(select, u"Default", 1);
  Number(select, u"Failed", 0);
  Number(select, u"LastKnownGood", 1);
  Key* const set = Path(root, u"ControlSet001", now);
  Path(set, u"Services", now);
  Path(set, u"Enum", now);
  Path(set, u"Hardware Profiles\\0001", now);
  Key* const control = Path(set, u"Control", now);
  Text(control, u"CurrentUser", u"USERNAME");
  Text(control, u"SystemStartOptions", u"");
  Path(control, u"Class", now);
  Path(control, u"DeviceClasses", now);
  Path(control, u"CrashControl", now);
  Text(Path(control, u"ComputerName\\ComputerName", now), u"ComputerName", u"RINGLET");
  Text(Path(control, u"ComputerName\\ActiveComputerName", now), u"ComputerName", u"RINGLET");
  Path(control, u"Session Manager\\Memory Management", now);
  // Windows has no values here and so hides what DbgPrint prints; on Ringlet it is shown until someone says otherwise.
  Number(Path(control, u"Session Manager\\Debug Print Filter", now), u"DEFAULT", 0xF);
  Path(control, u"Session Manager\\kernel", now);
  Key* const environment = Path(control, u"Session Manager\\Environment", now);
  Text(environment, u"OS", u"Windows_NT");
  Text(environment, u"PROCESSOR_ARCHITECTURE", u"AMD64");
  Text(environment, u"windir", u"%SystemRoot%", REG_EXPAND_SZ);
  Text(Path(control, u"ProductOptions", now), u"ProductType", u"WinNT");
}

void AddSoftwareDefaults(Key* root, LONGLONG now) {
  Path(root, u"Classes", now);
  Key* const version = Path(root, u"Microsoft\\Windows NT\\CurrentVersion", now);
  Text(version, u"CurrentVersion", u"6.3");
  Text(version, u"CurrentBuild", u"22000");
  Text(version, u"CurrentBuildNumber", u"22000");
  Text(version, u"CurrentType", u"Multiprocessor Free");
  Text(version, u"ProductName", u"Windows 10 Pro");
  Text(version, u"DisplayVersion", u"21H2");
  Text(version, u"InstallationType", u"Client");
  Text(version, u"SystemRoot", u"C:\\Windows");
  Number(version, u"CurrentMajorVersionNumber", 10);
  Number(version, u"CurrentMinorVersionNumber", 0);
  Path(root, u"Microsoft\\Windows\\CurrentVersion", now);
}

void AddUserDefaults(Key* root, LONGLONG now) {
  Path(root, u"Environment", now);
  Path(root, u"Software\\Microsoft", now);
}

void AddHardwareDefaults(Key* root, LONGLONG now) {
  Path(root, u"DeviceMap", now);
  Path(root, u"ResourceMap", now);
  Key* const system = Path(root, u"Description\\System", now);
  Text(system, u"Identifier", u"AT/AT COMPATIBLE");
}

}  // namespace nt::cm
