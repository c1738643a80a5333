using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp.Schema;

/// <summary>An object with declared members, in the order in which they are checked.</summary>
public sealed class QmpObjectType(params ImmutableArray<QmpMember> members) : QmpType
{
    /// <summary>No members: what a command without parameters takes, and one without a result returns.</summary>
    public static QmpObjectType Empty { get; } = new([]);

    public ImmutableArray<QmpMember> Members => members;

    /// <summary>The enum member whose value selects further members; null for none.</summary>
    public string? Tag { get; init; }

    /// <summary>The further members for each value of <see cref="Tag"/>.</summary>
    public ImmutableArray<(string Case, QmpObjectType Type)> Variants { get; init; } = [];

    internal bool Declares(string name) => members.Any(member => member.Name == name);

    internal override void Check(JsonValue value, string name)
    {
        if (value.Kind != JsonKind.Object)
        {
            throw QmpException.WrongType(name, "object");
        }

        CheckMembers(value.AsObject(), name + ".");
    }

    /// <summary>Missing and mistyped members are reported before unexpected ones.</summary>
    internal void CheckMembers(JsonObject value, string prefix)
    {
        List<QmpMember> declared = [.. members];
        CheckDeclared(members, value, prefix);
        if (Tag is not null && value.TryGet(Tag, out JsonValue tag))
        {
            foreach ((string selector, QmpObjectType variant) in Variants)
            {
                if (selector == tag.AsString())
                {
                    CheckDeclared(variant.Members, value, prefix);
                    declared.AddRange(variant.Members);
                }
            }
        }

        foreach ((string name, _) in value)
        {
            if (!declared.Exists(member => member.Name == name))
            {
                throw new QmpException($"Parameter '{prefix}{name}' is unexpected");
            }
        }
    }

    internal override JsonObject Describe(string name, IQmpTypeNames names)
    {
        JsonObject entry = new() { { "name", name } };
        if (Tag is not null)
        {
            entry.Add("tag", Tag);
            List<JsonValue> variants = [];
            foreach ((string selector, QmpObjectType variant) in Variants)
            {
                variants.Add(new JsonObject { { "case", selector }, { "type", names.NameOf(variant) } });
            }

            entry.Add("variants", variants);
        }

        List<JsonValue> described = [];
        foreach (QmpMember member in members)
        {
            JsonObject description = new() { { "name", member.Name } };
            if (member.IsOptional)
            {
                description.Add("default", JsonValue.Null);
            }

            description.Add("type", names.NameOf(member.Type));
            described.Add(description);
        }

        entry.Add("members", described);
        entry.Add("meta-type", "object");
        return entry;
    }

    private static void CheckDeclared(ImmutableArray<QmpMember> declared, JsonObject value, string prefix)
    {
        foreach (QmpMember member in declared)
        {
            if (value.TryGet(member.Name, out JsonValue given))
            {
                member.Type.Check(given, prefix + member.Name);
            }
            else if (!member.IsOptional)
            {
                throw QmpException.Missing(prefix + member.Name);
            }
        }
    }
}
