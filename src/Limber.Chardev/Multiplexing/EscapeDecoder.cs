using System;

namespace Limber.Chardev.Multiplexing;

/// <summary>Finds the commands for the multiplexer itself in what is typed: Ctrl-A and a letter, as with QEMU.</summary>
/// <remarks>
/// <code>
///   Ctrl-A c  switch   | Ctrl-A x  quit | Ctrl-A h, Ctrl-A ?  help
///   Ctrl-A Ctrl-A, Ctrl-A a  a literal Ctrl-A | any other letter: both bytes are dropped
/// </code>
/// Letters are lower case alone, so that a forgotten Caps Lock ends no machine.
/// </remarks>
internal struct EscapeDecoder
{
    public const byte EscapeCharacter = 0x01;

    private bool escaped;

    /// <summary>What there is to know, as lines for a terminal.</summary>
    public static ReadOnlySpan<byte> Help =>
        "\r\nCtrl-A h  this list\r\nCtrl-A x  end the virtual machine\r\nCtrl-A c  from the serial port to the monitor or back\r\n"u8
        + "Ctrl-A Ctrl-A  a Ctrl-A for the one in focus\r\n"u8;

    /// <summary>Takes one byte as typed; with <see cref="EscapeAction.Input"/> replaces it by the one that is meant.</summary>
    public EscapeAction Feed(ref byte value)
    {
        if (!escaped)
        {
            escaped = value == EscapeCharacter;
            return escaped ? EscapeAction.None : EscapeAction.Input;
        }

        escaped = false;
        switch (value)
        {
            case EscapeCharacter or (byte)'a':
                value = EscapeCharacter;
                return EscapeAction.Input;
            case (byte)'c':
                return EscapeAction.Switch;
            case (byte)'x':
                return EscapeAction.Quit;
            case (byte)'h' or (byte)'?':
                return EscapeAction.Help;
            default:
                return EscapeAction.None;
        }
    }
}
