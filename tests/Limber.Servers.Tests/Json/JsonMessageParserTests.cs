using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Limber.Servers.Json;

namespace Limber.Servers.Tests.Json;

public sealed class JsonMessageParserTests
{
    [Theory]
    [InlineData("null ", "null")]
    [InlineData("'x'", "\"x\"")]
    [InlineData("[1,-2,0.5]", "[1,-2,0.5]")]
    [InlineData("{'a':{'b':[true,false]}}", "{\"a\":{\"b\":[true,false]}}")]
    [InlineData("9223372036854775807 ", "9223372036854775807")]
    [InlineData("9223372036854775808 ", "9223372036854775808")]
    [InlineData("-9223372036854775809 ", "-9.2233720368547758e+18")]
    [InlineData("-1e400 ", "-inf")]
    [InlineData("1e-400 ", "0")]
    [InlineData("5e-5 ", "5.0000000000000002e-05")]
    [InlineData("0.0001 ", "0.0001")]
    [InlineData("123456789012345680.0 ", "1.2345678901234568e+17")]
    [InlineData("[]", "[]")]
    public void Feed_Value_IsRead(string text, string expected) => Assert.Equal([expected], Parse(text));

    [Theory]
    [InlineData("[1 2]", "expected separator in list")]
    [InlineData("{1:2}", "key is not a string in object")]
    [InlineData("{[]:2}", "key is not a string in object")]
    [InlineData("{'a':1]", "expected separator in dict")]
    [InlineData("[}", "expecting value")]
    [InlineData("{'a':}", "expecting value")]
    [InlineData("{'a'}", "missing : in object pair")]
    [InlineData("nul ", "invalid keyword 'nul'")]
    [InlineData("'\\ud83f\\udfff'", "\\ud83f\\udfff is not a valid Unicode character")]
    [InlineData("'\\u'", "\\u' is not a valid Unicode character")]
    public void Feed_Malformed_IsOneError(string text, string expected) =>
        Assert.Equal([$"!JSON parse error, {expected}"], Parse(text));

    [Fact]
    public void Feed_ErrorInsideMessage_IsReportedWhenBracketsBalance()
    {
        List<string> got = [];
        JsonMessageParser parser = New(got);
        parser.Feed("{'a' 'b', [[[1 2]], "u8);
        Assert.Empty(got);
        parser.Feed("{}]}"u8);
        Assert.Equal(["!JSON parse error, missing : in object pair"], got);
    }

    [Theory]
    [InlineData(1024, 1)]
    [InlineData(1025, 2)]
    [InlineData(3000, 2)]
    public void Feed_Nesting_IsLimitedAndRecovers(int depth, int atLeast)
    {
        List<string> got = [];
        JsonMessageParser parser = New(got);
        parser.Feed(Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth)));
        Assert.True(got.Count >= atLeast);
        Assert.Equal(depth > 1024, got[0] == "!JSON nesting depth limit exceeded");
        got.Clear();
        parser.Feed("7 "u8);
        Assert.Equal(["7"], got);
    }

    [Fact]
    public void Feed_NestingBeyondLimit_GivesTheKnownFlood()
    {
        // One object with 1024 arrays: the last bracket hits the limit; the first ] and the brace are orphans.
        List<string> got = Parse("{\"id\":" + new string('[', 1024) + new string(']', 1024) + "}");
        Assert.Equal("!JSON nesting depth limit exceeded", got[0]);
        Assert.Equal(1 + 1024 + 1, got.Count);
        Assert.All(got.Skip(1), text => Assert.Equal("!JSON parse error, expecting value", text));

        got = Parse("{\"id\":" + new string('[', 1025) + new string(']', 1025) + "}");
        Assert.Equal("[]", got[1]);
    }

    [Fact]
    public void Feed_TooManyTokens_IsRefusedAndRecovers()
    {
        List<string> got = [];
        JsonMessageParser parser = New(got, new JsonLimits(1024, 100, 1000));
        parser.Feed(Encoding.ASCII.GetBytes("[" + string.Join(",", Enumerable.Repeat("1", 60))));
        parser.Feed("]\n5 "u8);
        Assert.Equal("!JSON token count limit exceeded", got[0]);
        Assert.Equal("5", got[^1]);
    }

    [Fact]
    public void Feed_OversizedToken_IsRefusedAndRecovers()
    {
        List<string> got = [];
        JsonMessageParser parser = New(got, new JsonLimits(1024, 100, 1000));
        parser.Feed(Encoding.ASCII.GetBytes("\"" + new string('a', 5000) + "\n\n6 "));
        Assert.Equal("!JSON token size limit exceeded", got[0]);
        Assert.Equal("6", got[^1]);
    }

    [Fact]
    public void Feed_ManyBytesInManyTokens_IsRefused()
    {
        List<string> got = [];
        JsonMessageParser parser = New(got, new JsonLimits(1024, 100, 1000));
        parser.Feed(Encoding.ASCII.GetBytes("['" + new string('a', 600) + "','" + new string('b', 600) + "']"));
        Assert.Equal("!JSON token size limit exceeded", got[0]);
    }

    [Fact]
    public void Feed_LargeString_IsKept()
    {
        string text = new('x', 1 << 20);
        Assert.Equal($"\"{text}\"", Assert.Single(Parse($"\"{text}\"")));
    }

    [Fact]
    public void Feed_ManyMembers_TakesLinearTime()
    {
        StringBuilder text = new("{");
        for (int i = 0; i < 200_000; i++)
        {
            text.Append(i == 0 ? "" : ",").Append("'k").Append(i).Append("':0");
        }

        List<string> got = Parse(text.Append('}').ToString());
        Assert.StartsWith("{\"k0\":0,\"k1\":0", Assert.Single(got));
    }

    [Fact]
    public void Feed_RandomBytes_NeverThrowsAndRecovers()
    {
        const string Alphabet = "{}[]:,\"'\\u0123456789abcdefnulltrue-+.eE \t\n\r\u0000\u0001\u00C0\u0080\u00E2\u0082\u00FE\u00FF/%";
        Random random = new(20260101);
        List<string> got = [];
        JsonMessageParser parser = New(got);
        byte[] buffer = new byte[48];
        for (int round = 0; round < 100_000; round++)
        {
            int length = random.Next(1, buffer.Length);
            for (int i = 0; i < length; i++)
            {
                buffer[i] = random.Next(8) == 0 ? (byte)random.Next(256) : (byte)Alphabet[random.Next(Alphabet.Length)];
            }

            parser.Feed(buffer.AsSpan(0, length));
            got.Clear();
            parser.Feed([0xFF, (byte)'\n']);
            parser.Feed("{'k':1}"u8);
            Assert.Equal("{\"k\":1}", got[^1]);
        }
    }

    [Fact]
    public void Feed_AnySplit_GivesTheSame()
    {
        Random random = new(7);
        byte[] input = new byte[400];
        for (int round = 0; round < 300; round++)
        {
            for (int i = 0; i < input.Length; i++)
            {
                input[i] = (byte)"{}[]:,\"'\\u12345abctrue-+.eE \n\u00FF\u00C3\u00A9"[random.Next(32)];
            }

            List<string> whole = [];
            New(whole).Feed(input);
            List<string> split = [];
            JsonMessageParser parser = New(split);
            for (int i = 0; i < input.Length;)
            {
                int count = Math.Min(random.Next(1, 9), input.Length - i);
                parser.Feed(input.AsSpan(i, count));
                i += count;
            }

            Assert.Equal(whole, split);
        }
    }

    private static List<string> Parse(string text)
    {
        List<string> got = [];
        New(got).Feed(Encoding.UTF8.GetBytes(text));
        return got;
    }

    private static JsonMessageParser New(List<string> got, JsonLimits? limits = null) =>
        new(value => got.Add(JsonWriter.ToText(value, JsonStyle.Compact)), error => got.Add("!" + error), limits);
}
