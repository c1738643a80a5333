using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Schema;

/// <summary>A list of values of one type.</summary>
internal sealed class QmpArrayType(QmpType element) : QmpType
{
    public QmpType Element => element;

    internal override void Check(JsonValue value, string name)
    {
        if (value.Kind != JsonKind.Array)
        {
            throw QmpException.WrongType(name, "array");
        }

        int index = 0;
        foreach (JsonValue item in value.AsArray())
        {
            element.Check(item, $"{name}[{index}]");
            index++;
        }
    }

    internal override JsonObject Describe(string name, IQmpTypeNames names) =>
        new() { { "name", name }, { "element-type", names.NameOf(element) }, { "meta-type", "array" } };
}
