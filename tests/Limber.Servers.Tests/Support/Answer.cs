using System.Collections.Generic;
using System.Text;
using Limber.Servers.Json;

namespace Limber.Servers.Tests.Support;

/// <summary>Reads answers.</summary>
internal static class Answer
{
    public static JsonValue Parse(string text)
    {
        List<JsonValue> values = [];
        new JsonMessageParser(values.Add, problem => Assert.Fail(problem)).Feed(Encoding.UTF8.GetBytes(text));
        return Assert.Single(values);
    }

    public static JsonValue Member(this JsonValue value, string name)
    {
        Assert.True(value.AsObject().TryGet(name, out JsonValue member), $"no member {name} in {value}");
        return member;
    }

    /// <summary>The result of a command that succeeds.</summary>
    public static JsonValue Return(this QmpClient client, string request) => Parse(client.Ask(request)).Member("return");

    /// <summary>The words of a refusal.</summary>
    public static string Refusal(this QmpClient client, string request) =>
        Parse(client.Ask(request)).Member("error").Member("desc").AsString();
}
