using System;

namespace Limber.Acpi;

/// <summary>Objects of the namespace.</summary>
public static partial class Aml
{
    private const int MaxArguments = 7;
    private const int MaxSyncLevel = 15;

    /// <summary><c>Scope (path) { body }</c>: opens an object that exists.</summary>
    public static AmlTerm Scope(string path, params ReadOnlySpan<AmlTerm> body) =>
        new AmlPackage(AmlTermKind.Declaration, AmlOpcode.Scope, [NamePath(path)], AmlCheck.Body(body, $"Scope {path}"));

    /// <summary><c>Device (name) { body }</c></summary>
    public static AmlTerm Device(string name, params ReadOnlySpan<AmlTerm> body) =>
        new AmlPackage(AmlTermKind.Declaration, AmlOpcode.Device, [NamePath(name)], AmlCheck.Body(body, $"Device {name}"));

    /// <summary><c>Name (name, value)</c></summary>
    /// <param name="name">Path of the new object.</param>
    /// <param name="value">An integer, string, buffer or package.</param>
    public static AmlTerm Name(string name, AmlTerm value) =>
        new AmlOperation(
            AmlTermKind.Declaration, AmlOpcode.Name, NamePath(name), AmlCheck.Constant(value, $"Name {name}", nameof(value)));

    /// <summary><c>Method (name, args, Serialized|NotSerialized) { body }</c>, synchronization level 0.</summary>
    /// <param name="name">Path of the new method.</param>
    /// <param name="args">Number of arguments, 0 to 7.</param>
    /// <param name="serialized">One thread at a time; necessary if the body makes named objects.</param>
    /// <param name="body">Statements.</param>
    public static AmlTerm Method(string name, int args, bool serialized, params ReadOnlySpan<AmlTerm> body)
    {
        AmlCheck.Range(args, 0, MaxArguments, $"The number of arguments of method {name}", nameof(args));
        // Method flags: bits 2:0 arguments, bit 3 serialized, bits 7:4 synchronization level.
        byte flags = (byte)(args | (serialized ? 1 << 3 : 0));
        return new AmlPackage(
            AmlTermKind.Declaration, AmlOpcode.Method, [NamePath(name), Raw(flags)], AmlCheck.Body(body, $"Method {name}"));
    }

    /// <summary><c>Mutex (name, syncLevel)</c></summary>
    /// <param name="name">Path of the new mutex.</param>
    /// <param name="syncLevel">0 to 15; a thread acquires mutexes only in ascending order.</param>
    public static AmlTerm Mutex(string name, int syncLevel = 0)
    {
        AmlCheck.Range(syncLevel, 0, MaxSyncLevel, $"The synchronization level of mutex {name}", nameof(syncLevel));
        return new AmlOperation(AmlTermKind.Declaration, AmlOpcode.Mutex, NamePath(name), Raw((byte)syncLevel));
    }

    /// <summary><c>OperationRegion (name, space, offset, length)</c></summary>
    /// <param name="name">Path of the new region.</param>
    /// <param name="space">What <paramref name="offset"/> counts in.</param>
    /// <param name="offset">Start within the space, for memory a guest physical address.</param>
    /// <param name="length">Bytes; not 0.</param>
    public static AmlTerm OperationRegion(string name, RegionSpace space, ulong offset, ulong length)
    {
        if (length == 0 || length - 1 > ulong.MaxValue - offset)
        {
            throw new ArgumentException(
                $"Operation region {name}: {length} bytes at 0x{offset:x} are empty or leave the 64-bit space.", nameof(length));
        }

        return new AmlOperation(
            AmlTermKind.Declaration,
            AmlOpcode.OperationRegion,
            NamePath(name),
            Raw((byte)space),
            Integer(offset),
            Integer(length));
    }

    /// <summary><c>Field (regionPath, access, lock, update) { elements }</c></summary>
    /// <param name="regionPath">Path of the operation region.</param>
    /// <param name="access">Width of each access.</param>
    /// <param name="lockRule">Whether accesses take the global lock.</param>
    /// <param name="update">What happens to the other bits of a unit that is written.</param>
    /// <param name="elements">In ascending order of offset.</param>
    public static AmlTerm Field(
        string regionPath, FieldAccess access, FieldLock lockRule, FieldUpdate update, params ReadOnlySpan<FieldElement> elements)
    {
        // Field flags: bits 3:0 access, bit 4 lock, bits 6:5 update rule.
        byte flags = (byte)((int)access | ((int)lockRule << 4) | ((int)update << 5));
        return new AmlPackage(
            AmlTermKind.Declaration,
            AmlOpcode.Field,
            [NamePath(regionPath), Raw(flags)],
            [Raw(FieldElement.EncodeList(elements, regionPath))]);
    }

    /// <summary><c>External (path, type, ...)</c>: announces an object of another table.</summary>
    /// <param name="path">Path of the object.</param>
    /// <param name="type">Its type.</param>
    /// <param name="args">Arguments of a method, 0 to 7.</param>
    public static AmlTerm External(string path, AmlObjectType type, int args = 0)
    {
        AmlCheck.Range(args, 0, MaxArguments, $"The number of arguments of external {path}", nameof(args));
        return new AmlOperation(AmlTermKind.Declaration, AmlOpcode.External, NamePath(path), Raw((byte)type, (byte)args));
    }

    /// <summary><c>Alias (source, alias)</c>: a second name for an object that exists.</summary>
    public static AmlTerm Alias(string source, string alias) =>
        new AmlOperation(AmlTermKind.Declaration, AmlOpcode.Alias, NamePath(source), NamePath(alias));

    /// <summary><c>CreateByteField (source, byteIndex, name)</c></summary>
    public static AmlTerm CreateByteField(AmlTerm source, AmlTerm byteIndex, string name) =>
        CreateField(AmlOpcode.CreateByteField, source, byteIndex, name);

    /// <summary><c>CreateWordField (source, byteIndex, name)</c></summary>
    public static AmlTerm CreateWordField(AmlTerm source, AmlTerm byteIndex, string name) =>
        CreateField(AmlOpcode.CreateWordField, source, byteIndex, name);

    /// <summary><c>CreateDWordField (source, byteIndex, name)</c></summary>
    public static AmlTerm CreateDWordField(AmlTerm source, AmlTerm byteIndex, string name) =>
        CreateField(AmlOpcode.CreateDWordField, source, byteIndex, name);

    /// <summary><c>CreateQWordField (source, byteIndex, name)</c></summary>
    public static AmlTerm CreateQWordField(AmlTerm source, AmlTerm byteIndex, string name) =>
        CreateField(AmlOpcode.CreateQWordField, source, byteIndex, name);

    private static AmlOperation CreateField(AmlOpcode opcode, AmlTerm source, AmlTerm byteIndex, string name) =>
        new(
            AmlTermKind.Declaration,
            opcode,
            AmlCheck.Value(source, opcode.ToString(), nameof(source)),
            AmlCheck.Value(byteIndex, opcode.ToString(), nameof(byteIndex)),
            NamePath(name));
}
