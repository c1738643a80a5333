using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Limber.TestKit.Sessions;

namespace Limber.Tests;

/// <summary>The files that replay documents' sessions, and the patterns in them.</summary>
public sealed class SessionFormatTests
{
    [Fact]
    public void Parse_EveryFile_IsWellFormed()
    {
        string[] files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Sessions"), "*.session");
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            IReadOnlyList<SessionStep> steps = SessionParser.Parse(Path.GetFileName(file), File.ReadAllText(file));
            Assert.Equal("$", steps[0].Verb);
            Assert.Equal("exit", steps[^1].Verb);
            foreach (SessionStep step in steps.Where(s => s.Verb is "qmp>" or "qmp!"))
            {
                Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(step.Text).RootElement.ValueKind);
            }
        }
    }

    [Fact]
    public void Parse_ContinuationsAndExpectations_BelongToTheirStep()
    {
        IReadOnlyList<SessionStep> steps = SessionParser.Parse("f", "# note\n$ vmm -a \\\n   -b\n+ -c\n\nguest$ nproc\nguest< 1\nguest<   two\n");
        Assert.Equal(2, steps.Count);
        Assert.Equal((2, "$", "vmm -a -b -c"), (steps[0].Line, steps[0].Verb, steps[0].Text));
        Assert.Null(steps[0].Expected);
        Assert.Equal([new(7, "1"), new(8, "  two")], steps[1].Expected!);
    }

    [Theory]
    [InlineData("", "f:1: there is nothing to do")]
    [InlineData("  x", "f:1: there is no line to continue")]
    [InlineData("\nqmp< {}", "f:2: 'qmp<' begins no session")]
    [InlineData("$ a\nqmp> {}\nhmp< x", "f:3: 'hmp<' does not follow 'qmp>'")]
    public void Parse_WrongFile_NamesFileAndLine(string text, string message) =>
        Assert.Equal(message, Assert.Throws<SessionException>(() => SessionParser.Parse("f", text)).Message);

    [Theory]
    [InlineData("a  b", "a|b")]
    [InlineData("-d \"{ \\\"x\\\":8}\" 'y z'", "-d|{ \"x\":8}|y z")]
    [InlineData("a\"\"b ''", "ab|")]
    public void Words_AreAShells(string line, string words) => Assert.Equal(words, string.Join('|', SessionParser.Words(line)));

    [Theory]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "abcd", false)]
    [InlineData("a*c", "abbc", true)]
    [InlineData("a*c", "ac", true)]
    [InlineData("ab*ba", "aba", false)]
    [InlineData("*x*y*", "axby", true)]
    [InlineData("*x*y*", "ayxb", false)]
    [InlineData("*", "", true)]
    public void Matches_StarStandsForAnything(string pattern, string line, bool matches) => Assert.Equal(matches, Pattern.Matches(pattern, line));

    [Theory]
    [InlineData("{\"a\": \"*\", \"b\": [1, \"x*\"]}", "{\"b\": [1, \"xyz\"], \"a\": {\"c\": 1}}", null)]
    [InlineData("{\"a\": 1}", "{\"a\": 2}", "$.a: expected 1, got 2")]
    [InlineData("{\"a\": 1}", "{}", "$.a is missing")]
    [InlineData("{}", "{\"a\": 1}", "$.a was not expected: 1")]
    [InlineData("[1, 2]", "[1]", "$: expected [1, 2], got [1]")]
    [InlineData("[[true]]", "[[false]]", "$[0][0]: expected true, got false")]
    public void Difference_NamesThePlace(string pattern, string value, string? difference) =>
        Assert.Equal(difference, Pattern.Difference(JsonDocument.Parse(pattern).RootElement, JsonDocument.Parse(value).RootElement));
}
