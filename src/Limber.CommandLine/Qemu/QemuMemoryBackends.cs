using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Limber.CommandLine.Qemu;

/// <summary>
/// All <c>-object memory-backend-ram</c> and <c>memory-backend-memfd</c> of a command line, as <c>key=value</c> items or in JSON.
/// </summary>
/// <remarks>
/// The boot memory of all nodes is one allocation: no guest and no user can tell. So the backends give sizes, and one shared
/// backend makes all of the memory shared.
/// </remarks>
internal sealed class QemuMemoryBackends
{
    private const string RamType = "memory-backend-ram";
    private const string MemoryFileType = "memory-backend-memfd";

    private readonly Dictionary<string, QemuMemoryBackend> _backends = new(StringComparer.Ordinal);

    /// <summary><c>-object</c>.</summary>
    public void Add(string option, string value)
    {
        List<KeyValuePair<string, string>> pairs = value.StartsWith('{')
            ? ReadJson(option, value)
            : QemuKeyValues.Strict(option, value, "qom-type");
        QemuMemoryBackend backend = Read(option, pairs);
        if (!_backends.TryAdd(backend.Id, backend))
        {
            throw new CommandLineException($"{option}: attempt to add duplicate property '{backend.Id}' to object (type 'container')");
        }
    }

    /// <summary>Gives a backend to a NUMA node.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="id">The backend's id.</param>
    public QemuMemoryBackend Take(string option, string id)
    {
        if (!_backends.TryGetValue(id, out QemuMemoryBackend? backend))
        {
            throw new CommandLineException($"{option}: memdev={id} is ambiguous");
        }

        if (backend.InUse)
        {
            throw new CommandLineException(
                $"memory backend {id} is used multiple times. Each -numa option must use a different memdev value.");
        }

        backend.InUse = true;
        return backend;
    }

    /// <summary>Whether guest memory is to be shared. Call it when the nodes have taken theirs: nothing else can use a backend.</summary>
    public bool ResolveSharing()
    {
        foreach (QemuMemoryBackend backend in _backends.Values)
        {
            if (!backend.InUse)
            {
                throw CommandLineException.NotBuilt($"{backend.Option}: memory that no -numa node has");
            }
        }

        return _backends.Values.Any(backend => backend.Shared);
    }

    private static QemuMemoryBackend Read(string option, List<KeyValuePair<string, string>> pairs)
    {
        string type = pairs.LastOrDefault(pair => pair.Key == "qom-type").Value
            ?? throw new CommandLineException($"{option}: Parameter 'qom-type' is missing");
        if (type is not (RamType or MemoryFileType))
        {
            throw CommandLineException.NotBuilt(option, $"supported: {RamType}, {MemoryFileType}");
        }

        string? id = null;
        ulong size = 0;
        bool shared = type == MemoryFileType;
        foreach ((string key, string text) in pairs)
        {
            switch (key)
            {
                case "qom-type":
                    break;
                case "id":
                    id = text;
                    break;
                case "size":
                    size = QemuNumbers.Size(option, key, text, 0);
                    break;
                case "share":
                    shared = QemuKeyValues.Switch(option, key, text);
                    break;
                default:
                    RequireNoOp(option, key, text, type);
                    break;
            }
        }

        return new QemuMemoryBackend(CheckId(option, id), CheckSize(option, size), shared, option);
    }

    private static string CheckId(string option, string? id) =>
        id is null ? throw new CommandLineException($"{option}: Parameter 'id' is missing")
        : QemuKeyValues.IsIdentifier(id) ? id
        : throw new CommandLineException($"{option}: Parameter 'id' expects an identifier");

    private static ulong CheckSize(string option, ulong size)
    {
        const ulong PageSize = 4096;
        if (size == 0)
        {
            throw new CommandLineException($"{option}: can't create backend with size 0");
        }

        return size % PageSize == 0
            ? size
            : throw new CommandLineException($"{option}: size={size} is not a multiple of {PageSize}");
    }

    /// <summary>Accepts what changes nothing that anyone could notice, or says what happens anyway.</summary>
    private static void RequireNoOp(string option, string key, string value, string type)
    {
        switch (key)
        {
            case "merge" or "dump" or "reserve" or "x-use-canonical-path-for-ramblock-id":
            case "seal" when type == MemoryFileType:
                QemuKeyValues.Switch(option, key, value);
                return;
            case "prealloc":
            case "hugetlb" when type == MemoryFileType:
                if (QemuKeyValues.Switch(option, key, value))
                {
                    throw CommandLineException.NotBuilt($"{option}: {key}={value}", "supported: off");
                }

                return;
            case "policy" when value == "default":
                return;
            case "policy" or "prealloc-threads" or "prealloc-context":
            case "hugetlbsize" when type == MemoryFileType:
            case not null when key.StartsWith("host-nodes", StringComparison.Ordinal):
                throw CommandLineException.NotBuilt($"{option}: {key}={value}");
            default:
                throw new CommandLineException($"{option}: Property '{type}.{key}' not found");
        }
    }

    private static List<KeyValuePair<string, string>> ReadJson(string option, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return
            [
                .. document.RootElement.EnumerateObject().Select(member =>
                    new KeyValuePair<string, string>(member.Name, ReadScalar(member.Value))),
            ];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate pair in a string.
            throw new CommandLineException($"{option}: not a JSON object");
        }
    }

    private static string ReadScalar(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.True => "on",
            JsonValueKind.False => "off",
            _ => value.GetRawText(),
        };
}
