// Private namespaces: found by their boundary, named by an alias, gone with the last who uses them.
#include <windows.h>

#include <cstdio>
#include <cstring>

#include "show.h"

namespace {

HANDLE Boundary(const wchar_t* name, WELL_KNOWN_SID_TYPE type) {
  BYTE sid[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof sid;
  HANDLE boundary = CreateBoundaryDescriptorW(name, 0);
  CreateWellKnownSid(type, nullptr, sid, &size);
  AddSIDToBoundaryDescriptor(&boundary, sid);
  return boundary;
}

int Child() {
  const HANDLE boundary = Boundary(L"Test", WinBuiltinAdministratorsSid);
  if (!OpenPrivateNamespaceW(boundary, L"other")) return static_cast<int>(GetLastError());
  const HANDLE event = OpenEventW(EVENT_MODIFY_STATE, FALSE, L"other\\Event");
  return event && SetEvent(event) ? 60 : 61;
}

DWORD Run() {
  wchar_t line[] = L"client_private_namespaces.exe child";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child;
  CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child);
  WaitForSingleObject(child.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(child.hProcess, &code);
  return code;
}

}  // namespace

int main(int argc, char**) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc > 1) return Child();
  const HANDLE boundary = Boundary(L"Test", WinBuiltinAdministratorsSid);
  Show("not there", {Run()});
  const HANDLE mine = CreatePrivateNamespaceW(nullptr, boundary, L"mine");
  Show("created", {mine});
  Show("again", {CreatePrivateNamespaceW(nullptr, boundary, L"mine"), GetLastError(), CreatePrivateNamespaceW(nullptr, boundary, L"second"),
                 GetLastError()});
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, L"mine\\Event");
  Show("event", {event, GetLastError(), CreateEventW(nullptr, TRUE, FALSE, L"mine\\Event"), GetLastError()});
  Show("elsewhere",
       {OpenEventW(SYNCHRONIZE, FALSE, L"Event"), GetLastError(), OpenEventW(SYNCHRONIZE, FALSE, L"other\\Event"), GetLastError()});
  Show("child", {Run(), WaitForSingleObject(event, 0)});
  Show("not mine", {CreatePrivateNamespaceW(nullptr, Boundary(L"Test", WinNetworkSid), L"closed"), GetLastError()});
  Show("close", {ClosePrivateNamespace(mine, PRIVATE_NAMESPACE_FLAG_DESTROY), ClosePrivateNamespace(mine, 0), GetLastError()});
  Show("gone", {Run(), OpenEventW(SYNCHRONIZE, FALSE, L"mine\\Event"), GetLastError()});
  DeleteBoundaryDescriptor(boundary);
}
