using System;
using System.Linq;
using System.Text;
using Limber.Servers.Hmp;

namespace Limber.Servers.Tests.Hmp;

public sealed class LineEditorTests
{
    private const string Left = "\e[D";
    private const string Right = "\e[C";
    private const string Erase = "\e[K";

    private readonly ByteBuffer output = new();
    private readonly LineEditor editor;

    public LineEditorTests() => editor = new LineEditor(output, "(qemu) ", text =>
    {
        string[] words = ["stop", "system_powerdown", "system_reset", "info"];
        return ([.. words.Where(word => word.StartsWith(text, StringComparison.Ordinal))], text.Length);
    });

    [Fact]
    public void Feed_Character_RedrawsTheLine()
    {
        Assert.Null(Type("ab"));
        Assert.Equal("a" + Erase + Left + "ab" + Erase, Shown());
        Assert.Equal("ab", Type("\r"));
        Assert.Equal("\r\n", Shown());
    }

    [Theory]
    [InlineData("abc\u0001X\n", "Xabc")]
    [InlineData("abc\u0001\u0005X\n", "abcX")]
    [InlineData("one two \u0017X\n", "one X")]
    [InlineData("one two\u0017\u0017\u0017X\n", "X")]
    [InlineData("abc\bX\n", "abX")]
    [InlineData("abc\u007F\u007F\u007F\u007FX\n", "X")]
    [InlineData("abc\e[D\e[DX\n", "aXbc")]
    [InlineData("abc\e[D\e[D\e[CX\n", "abXc")]
    [InlineData("abc\u0001\u0004X\n", "Xbc")]
    [InlineData("abc\e[1~X\n", "Xabc")]
    [InlineData("abc\e[1~\e[3~\e[4~X\n", "bcX")]
    [InlineData("abc\eOHX\eOFY\n", "XabcY")]
    [InlineData("abc\u0015\u0003X\n", "abcX")]
    [InlineData("abc\e[99zX\n", "abcX")]
    [InlineData("\n", "")]
    public void Feed_EditingKeys_ChangeTheLine(string typed, string expected) => Assert.Equal(expected, Type(typed));

    [Fact]
    public void Feed_CursorMovement_IsSentAsSuch()
    {
        Type("ab");
        Shown();
        Type("\e[D");
        Assert.Equal(Left, Shown());
        Type("\u0005");
        Assert.Equal(Right, Shown());
        Type("\u0001X");
        Assert.Equal(Left + Left + "Xab" + Erase + Left + Left, Shown());
    }

    [Fact]
    public void Feed_Up_RecallsAndDeduplicates()
    {
        Type("one\ntwo\none\n");
        Assert.Equal("one", Type("\e[A\n"));
        Assert.Equal("two", Type("\e[A\e[A\e[A\n"));
        Type("three\n");
        Assert.Equal("three", Type("\u0010\u0010\u000e\n"));
        Assert.Equal("x", Type("\e[A\e[Bx\n"));
    }

    [Fact]
    public void Feed_Tab_CompletesOne()
    {
        Type("i\t");
        Assert.EndsWith("info " + Erase, Shown());
        Assert.Equal("info ", Type("\n"));
    }

    [Fact]
    public void Feed_Tab_ListsSeveralInColumns()
    {
        Type("s");
        Shown();
        Type("ys\t");
        Assert.EndsWith("\r\nsystem_powerdown  system_reset      \r\n(qemu) system_" + Erase, Shown());
        Assert.Equal("system_", Type("\n"));
    }

    [Fact]
    public void Feed_LongLine_IsCut() =>
        Assert.Equal(LineEditor.MaxLength, Type(new string('x', 5000) + "\n")!.Length);

    [Fact]
    public void Feed_RandomBytes_NeverThrows()
    {
        Random random = new(3);
        for (int i = 0; i < 100_000; i++)
        {
            editor.Feed((byte)(random.Next(3) == 0 ? random.Next(32) : random.Next(256)));
            output.Clear();
        }
    }

    private string? Type(string text)
    {
        string? line = null;
        foreach (byte b in Encoding.Latin1.GetBytes(text))
        {
            line = editor.Feed(b) ?? line;
        }

        return line;
    }

    private string Shown()
    {
        string text = Encoding.Latin1.GetString(output.Span);
        output.Clear();
        return text;
    }
}
