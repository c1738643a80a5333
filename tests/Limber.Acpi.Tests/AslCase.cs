using System.Collections.Generic;

namespace Limber.Acpi.Tests;

/// <summary>Where a case stands in the definition block.</summary>
public enum AslPlace
{
    /// <summary>At the root.</summary>
    Root,

    /// <summary>In a method with two arguments.</summary>
    Statement,

    /// <summary>As the source of a store.</summary>
    Value,
}

/// <summary>ASL, the bytes it stands for by the specification, and the term that should make them.</summary>
public sealed record AslCase(AslPlace Place, string Asl, string Hex, AmlTerm Term)
{
    /// <summary>Objects that cases refer to, as ASL.</summary>
    public const string PreambleAsl = """
        Name (INTG, Zero)
        Name (BUFF, Buffer () { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })
        Name (PACK, Package (0x02) { Zero, One })
        Mutex (MTX0, 0)
        Device (DEV0) { Name (_HID, "LMBR0001") }
        OperationRegion (REGN, SystemMemory, 0xFEB00000, 0x1000)
        Method (FUN0, 0, NotSerialized) { Return (One) }
        Method (FUN2, 2, NotSerialized) { Return (Arg0) }
        """;

    /// <summary>The same as terms.</summary>
    public static IEnumerable<AmlTerm> Preamble =>
    [
        Aml.Name("INTG", Aml.Integer(0)),
        Aml.Name("BUFF", Aml.Buffer(new byte[16])),
        Aml.Name("PACK", Aml.Package(Aml.Integer(0), Aml.Integer(1))),
        Aml.Mutex("MTX0"),
        Aml.Device("DEV0", Aml.Name("_HID", Aml.String("LMBR0001"))),
        Aml.OperationRegion("REGN", RegionSpace.SystemMemory, 0xFEB00000, 0x1000),
        Aml.Method("FUN0", 0, false, Aml.Return(Aml.Integer(1))),
        Aml.Method("FUN2", 2, false, Aml.Return(Aml.Arg(0))),
    ];

    /// <summary>The case within its surroundings, as ASL.</summary>
    public string PlacedAsl => Place switch
    {
        AslPlace.Root => Asl,
        AslPlace.Statement => $"Method (TEST, 2, Serialized) {{ {Asl} }}",
        _ => $"Method (TEST, 2, Serialized) {{ Store ({Asl}, INTG) }}",
    };

    /// <summary>The case within its surroundings, as a term.</summary>
    public AmlTerm PlacedTerm => Place switch
    {
        AslPlace.Root => Term,
        AslPlace.Statement => Aml.Method("TEST", 2, true, Term),
        _ => Aml.Method("TEST", 2, true, Aml.Store(Term, Aml.Path("INTG"))),
    };
}
