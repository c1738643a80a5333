using System.Collections.Immutable;

namespace Limber.DeviceOptions.Backends;

/// <summary><c>-object</c> and <c>object-add</c> for what devices refer to.</summary>
public static class ObjectOptions
{
    public const string RandomType = "rng-random";
    public const string BuiltinRandomType = "rng-builtin";

    /// <summary>All types, by ordinal name.</summary>
    public static ImmutableArray<string> Types { get; } =
    [
        MemoryBackendOptions.FileType, MemoryBackendOptions.MemfdType, MemoryBackendOptions.RamType, BuiltinRandomType, RandomType,
    ];

    public static bool IsKnown(string type) => Types.Contains(type);

    /// <param name="bag"><c>qom-type</c>, <c>id</c> and the type's properties.</param>
    /// <exception cref="OptionException">Missing, unknown or wrong.</exception>
    public static NamedObject Read(OptionBag bag)
    {
        OptionReader options = new(bag);
        string type = options.RequiredText("qom-type");
        if (!IsKnown(type))
        {
            throw new OptionException($"Parameter 'qom-type' does not accept value '{type}'");
        }

        string id = options.Text("id") ?? throw OptionException.Missing("id");
        Identifier.Require("id", id);

        return type switch
        {
            RandomType => Random(options, id),
            BuiltinRandomType => Builtin(options, id),
            _ => new NamedObject.Memory(MemoryBackendOptions.Read(options, type, id)),
        };
    }

    private static NamedObject Random(OptionReader options, string id)
    {
        options.RequireKnown(["qom-type", "id", "filename"]);
        string file = options.Text("filename") ?? "/dev/urandom";
        return file.Length > 0
            ? new NamedObject.RandomSource(id, RandomType, file)
            : throw new OptionException("Parameter 'filename' expects a valid filename");
    }

    private static NamedObject Builtin(OptionReader options, string id)
    {
        options.RequireKnown(["qom-type", "id"]);
        return new NamedObject.RandomSource(id, BuiltinRandomType, "/dev/urandom");
    }
}
