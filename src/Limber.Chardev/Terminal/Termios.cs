using System.Runtime.InteropServices;

namespace Limber.Chardev.Terminal;

/// <summary>glibc's <c>struct termios</c> on x86-64, in its spelling.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Termios
{
    public const uint BRKINT = 0x2;
    public const uint ICRNL = 0x100;
    public const uint INPCK = 0x10;
    public const uint ISTRIP = 0x20;
    public const uint INLCR = 0x40;
    public const uint IGNCR = 0x80;
    public const uint IXON = 0x400;
    public const uint OPOST = 0x1;
    public const uint ECHO = 0x8;
    public const uint ECHONL = 0x40;
    public const uint ICANON = 0x2;
    public const uint ISIG = 0x1;
    public const uint IEXTEN = 0x8000;
    public const int TCSANOW = 0;

    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    private byte c_line;
    private fixed byte c_cc[32];
    private uint c_ispeed;
    private uint c_ospeed;
}
