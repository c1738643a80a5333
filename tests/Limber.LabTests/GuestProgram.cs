using System;
using System.Text;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>
/// Programs of a few instructions for the guest, which has no compiler: x86-64 machine code that is loaded with what
/// follows it to <see cref="CodeAddress"/> and entered at its first byte.
/// </summary>
internal static class GuestProgram
{
    public const uint CodeAddress = 0x400000 + Headers;

    private const int Headers = 64 + 56;

    /// <summary>Writes a program to the guest's <c>/tmp</c>, starts it a number of times in the background, and checks that it runs.</summary>
    public static void Start(LabVm vm, string name, byte[] code, int times = 1)
    {
        var octal = new StringBuilder();
        foreach (byte b in MakeElf(code))
        {
            octal.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0'));
        }

        vm.Guest.Run($"printf '{octal}' >/tmp/{name}; chmod +x /tmp/{name}");
        for (int i = 0; i < times; i++)
        {
            vm.Guest.Run($"/tmp/{name} & true");
        }

        ExpectRunning(vm, name, times);
    }

    /// <summary>So many of them must be running.</summary>
    public static void ExpectRunning(LabVm vm, string name, int times = 1) =>
        vm.Guest.RunUntil($"pidof {name} | wc -w", times.ToString(System.Globalization.CultureInfo.InvariantCulture), 10);

    // One loadable segment that is the whole file.
    private static byte[] MakeElf(byte[] code)
    {
        const ulong address = CodeAddress - Headers;
        byte[] file = new byte[Headers + code.Length];
        ((byte[])[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(file, 0);
        Put(16, 2, 2);
        Put(18, 62, 2);
        Put(20, 1, 4);
        Put(24, address + Headers, 8);
        Put(32, 64, 8);
        Put(52, 64, 2);
        Put(54, 56, 2);
        Put(56, 1, 2);
        Put(64, 1, 4);
        Put(68, 5, 4);
        Put(80, address, 8);
        Put(88, address, 8);
        Put(96, (ulong)file.Length, 8);
        Put(104, (ulong)file.Length, 8);
        Put(112, 4096, 8);
        code.CopyTo(file, Headers);
        return file;

        void Put(int offset, ulong value, int length)
        {
            for (int i = 0; i < length; i++)
            {
                file[offset + i] = unchecked((byte)(value >> (8 * i)));
            }
        }
    }
}
