using System.Collections.Generic;
using Limber.Servers.Json;

namespace Limber.Servers.Tests.Json;

public sealed class JsonWriterTests
{
    private static readonly JsonObject Sample = new()
    {
        { "return", new JsonObject() },
        { "list", new List<JsonValue> { 1, JsonValue.Null, "é\u007F\U0001F600\uD800" } },
    };

    [Theory]
    [InlineData(JsonStyle.Compact, "{\"return\":{},\"list\":[1,null,\"\\u00E9\\u007F\\uD83D\\uDE00\\uFFFD\"]}")]
    [InlineData(JsonStyle.Spaced, "{\"return\": {}, \"list\": [1, null, \"\\u00E9\\u007F\\uD83D\\uDE00\\uFFFD\"]}")]
    public void Write_Style_SeparatesSo(JsonStyle style, string expected) =>
        Assert.Equal(expected, JsonWriter.ToText(Sample, style));

    [Fact]
    public void Write_Pretty_IndentsByFour() => Assert.Equal(
        "{\r\n    \"return\": {\r\n    },\r\n    \"list\": [\r\n        1\r\n    ]\r\n}",
        JsonWriter.ToText(new JsonObject { { "return", new JsonObject() }, { "list", new List<JsonValue> { 1 } } }, JsonStyle.Pretty));

    [Fact]
    public void Write_DeepNesting_NeedsNoCallStack()
    {
        JsonValue value = new List<JsonValue>();
        for (int i = 0; i < 100_000; i++)
        {
            value = new List<JsonValue> { value };
        }

        Assert.Equal(200_002, JsonWriter.ToText(value, JsonStyle.Spaced).Length);
    }
}
