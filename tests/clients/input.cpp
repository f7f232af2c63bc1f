// Standard input through streams, stdio and the console's handle.
#include <windows.h>

#include <cstdio>
#include <iostream>
#include <string>

int main() {
  int number = 0;
  std::string word;
  std::cin >> number >> word;
  std::cout << number + 1 << ' ' << word << std::endl;
  std::string line;
  std::getline(std::cin, line);
  std::getline(std::cin, line);
  std::cout << '[' << line << "]" << std::endl;
  while (std::getline(std::cin, line)) std::cout << line.size() << std::endl;
  std::cout << "end " << std::cin.eof() << std::endl;
  char byte;
  DWORD got = 1;
  const BOOL ok = ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &got, nullptr);
  std::cout << (got == 0) << ' ' << (ok || GetLastError() == ERROR_BROKEN_PIPE) << std::endl;
}
