// The keys that drivers look for in a fresh Windows 11 (10.0.22000).
#include "kernel/cm/default_tree.h"

#include <string>

#include "kernel/cm/boot_configuration.h"

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

void Strings(Key* key, std::u16string_view name, std::u16string_view only) {
  const std::u16string list = std::u16string(only) + u'\0';
  key->SetValue(name, REG_MULTI_SZ, list.c_str(), (list.size() + 1) * sizeof(WCHAR), key->last_write);
}

/// A number as an element of the boot configuration.
template <class T>
void Bytes(Key* key, T value) {
  key->SetValue(u"Element", REG_BINARY, &value, sizeof value, key->last_write);
}

/// The device that the machine boots from: no options (a GUID of zeroes), then kind 5, flags, and the size of both with what follows.
void BootDevice(Key* elements, std::u16string_view name, LONGLONG now) {
  ULONG device[22] = {};
  device[4] = 5;
  device[6] = 0x48;
  Key* const key = Path(elements, name, now);
  key->SetValue(u"Element", REG_BINARY, device, sizeof device, key->last_write);
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
  Text(control, u"SystemStartOptions", u" TESTSIGNING  NOEXECUTE=OPTIN");
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

void AddBootDefaults(Key* root, LONGLONG now) {
  Text(Path(root, u"Description", now), u"KeyName", u"BCD00000000");
  Key* const objects = Path(root, u"Objects", now);
  Key* const manager = Path(objects, kBootManagerObject, now);
  Number(Path(manager, u"Description", now), u"Type", 0x10100002);
  Key* elements = Path(manager, u"Elements", now);
  BootDevice(elements, u"11000001", now);
  Text(Path(elements, u"12000002", now), u"Element", u"\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
  Text(Path(elements, u"12000004", now), u"Element", u"Windows Boot Manager");
  Text(Path(elements, u"23000003", now), u"Element", kBootLoaderObject);
  Strings(Path(elements, u"24000001", now), u"Element", kBootLoaderObject);
  Bytes<ULONGLONG>(Path(elements, u"25000004", now), 30);
  Key* const loader = Path(objects, kBootLoaderObject, now);
  Number(Path(loader, u"Description", now), u"Type", 0x10200003);
  elements = Path(loader, u"Elements", now);
  BootDevice(elements, u"11000001", now);
  Text(Path(elements, u"12000002", now), u"Element", u"\\Windows\\system32\\winload.efi");
  Text(Path(elements, u"12000004", now), u"Element", u"Windows 11");
  Text(Path(elements, u"12000005", now), u"Element", u"en-US");
  // Windows starts without it; a machine made to try drivers takes those that nobody signed, until someone says otherwise.
  Bytes<UCHAR>(Path(elements, u"16000049", now), 1);
  BootDevice(elements, u"21000001", now);
  Text(Path(elements, u"22000002", now), u"Element", u"\\Windows");
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
