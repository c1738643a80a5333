using System.Text;
using Limber.Chardev.Multiplexing;

namespace Limber.Chardev.Tests.Multiplexing;

public sealed class EscapeDecoderTests
{
    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("a\u0001cb", "a[Switch]b")]
    [InlineData("\u0001x", "[Quit]")]
    [InlineData("\u0001h\u0001?", "[Help][Help]")]
    [InlineData("\u0001\u0001c", "\u0001c")]
    [InlineData("\u0001ac", "\u0001c")]
    [InlineData("1\u0001q2", "12")]
    [InlineData("\u0001X\u0001C", "")]
    [InlineData("\u0003\u001c", "\u0003\u001c")]
    public void Feed_SplitsCommandsFromInput(string typed, string expected)
    {
        var decoder = default(EscapeDecoder);
        var seen = new StringBuilder();
        foreach (char c in typed)
        {
            byte value = (byte)c;
            EscapeAction action = decoder.Feed(ref value);
            if (action == EscapeAction.Input)
            {
                seen.Append((char)value);
            }
            else if (action != EscapeAction.None)
            {
                seen.Append('[').Append(action).Append(']');
            }
        }

        Assert.Equal(expected, seen.ToString());
    }
}
