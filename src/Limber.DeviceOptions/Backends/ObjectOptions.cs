namespace Limber.DeviceOptions.Backends;

/// <summary><c>-object</c> and <c>object-add</c> for what devices refer to.</summary>
public static class ObjectOptions
{
    public const string RandomType = "rng-random";
    public const string BuiltinRandomType = "rng-builtin";
    public const string MemoryFileType = "memory-backend-file";

    public static bool IsKnown(string type) => type is RandomType or BuiltinRandomType or MemoryFileType;

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

        string id = options.RequiredText("id");
        if (!Identifier.IsValid(id))
        {
            throw new OptionException("Parameter 'id' expects an identifier");
        }

        return type switch
        {
            RandomType => Random(options, id),
            BuiltinRandomType => Builtin(options, id),
            _ => File(options, id),
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

    private static NamedObject File(OptionReader options, string id)
    {
        options.RequireKnown(["qom-type", "id", "mem-path", "size", "share", "pmem", "readonly", "prealloc", "merge", "dump"]);
        options.RequireSwitch("pmem", false);
        options.RequireSwitch("readonly", false);
        options.RequireSwitch("prealloc", false);
        options.Boolean("merge");
        options.Boolean("dump");
        string file = options.RequiredText("mem-path");
        ulong size = options.Size("size") ?? throw OptionException.Missing("size");
        return size > 0
            ? new NamedObject.MemoryFile(id, file, size, options.Boolean("share") ?? false)
            : throw new OptionException($"property 'size' of {MemoryFileType} doesn't take value '0'");
    }
}
