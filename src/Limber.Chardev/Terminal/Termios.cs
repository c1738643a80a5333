using System.Runtime.InteropServices;

namespace Limber.Chardev.Terminal;

/// <summary>glibc's <c>struct termios</c> on x86-64, in its spelling.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Termios
{
    public const uint IGNBRK = 0x1;
    public const uint BRKINT = 0x2;
    public const uint PARMRK = 0x8;
    public const uint ISTRIP = 0x20;
    public const uint INLCR = 0x40;
    public const uint IGNCR = 0x80;
    public const uint ICRNL = 0x100;
    public const uint IXON = 0x400;
    public const uint OPOST = 0x1;
    public const uint CSIZE = 0x30;
    public const uint CS8 = 0x30;
    public const uint PARENB = 0x100;
    public const uint ISIG = 0x1;
    public const uint ICANON = 0x2;
    public const uint ECHO = 0x8;
    public const uint ECHONL = 0x40;
    public const uint IEXTEN = 0x8000;
    public const int TCSANOW = 0;
    private const int VTIME = 5;
    private const int VMIN = 6;

    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public fixed byte c_cc[32];
    public uint c_ispeed;
    public uint c_ospeed;

    /// <summary>
    /// Input passes byte by byte, unchanged and without echo. Output processing stays as it is.
    /// </summary>
    /// <param name="keepSignals">Ctrl-C and its like still signal.</param>
    public void MakeRaw(bool keepSignals)
    {
        c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN | (keepSignals ? 0 : ISIG));
        c_cflag = (c_cflag & ~(CSIZE | PARENB)) | CS8;
        c_cc[VMIN] = 1;
        c_cc[VTIME] = 0;
    }
}
