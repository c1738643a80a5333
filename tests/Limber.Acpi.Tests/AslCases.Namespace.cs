using System.Collections.Generic;

namespace Limber.Acpi.Tests;

public static partial class AslCases
{
    private static IEnumerable<AslCase> Namespace() =>
    [
        Root("Scope (\\_SB) {}", "10 06 5C 5F 53 42 5F", Aml.Scope("\\_SB")),
        Root("Scope (\\) { Name (SUB0, One) }", "10 09 5C 00 08 53 55 42 30 01", Aml.Scope("\\", Aml.Name("SUB0", Aml.Integer(1)))),
        Root(
            "Device (COM1) { Name (_UID, One) }",
            "5B 82 0B 43 4F 4D 31 08 5F 55 49 44 01",
            Aml.Device("COM1", Aml.Name("_UID", Aml.Integer(1)))),
        Root("Method (MTH0, 0, NotSerialized) {}", "14 06 4D 54 48 30 00", Aml.Method("MTH0", 0, false)),
        Root("Method (MTH7, 7, Serialized) {}", "14 06 4D 54 48 37 0F", Aml.Method("MTH7", 7, true)),
        Root("Mutex (MUTX, 15)", "5B 01 4D 55 54 58 0F", Aml.Mutex("MUTX", 15)),
        Root(
            "OperationRegion (RIO_, SystemIO, 0xCD8, 0x0C)",
            "5B 80 52 49 4F 5F 01 0B D8 0C 0A 0C",
            Aml.OperationRegion("RIO", RegionSpace.SystemIO, 0xCD8, 0xC)),
        Root(
            "OperationRegion (RMEM, SystemMemory, 0x4000000000, 0x10000)",
            "5B 80 52 4D 45 4D 00 0E 00 00 00 00 40 00 00 00 0C 00 00 01 00",
            Aml.OperationRegion("RMEM", RegionSpace.SystemMemory, 0x40_0000_0000, 0x1_0000)),
        Root(
            "OperationRegion (RPCI, PCI_Config, 0x40, 0x4)",
            "5B 80 52 50 43 49 02 0A 40 0A 04",
            Aml.OperationRegion("RPCI", RegionSpace.PciConfig, 0x40, 4)),
        Root(
            "Field (REGN, ByteAcc, NoLock, WriteAsZeros) { Offset (0x4), FLD0, 1, , 2, FLD1, 5, FLD2, 64, Offset (0x80), FLD3, 8 }",
            "5B 81 22 52 45 47 4E 41 00 20 46 4C 44 30 01 00 02 46 4C 44 31 05 46 4C 44 32 40 04 00 48 39 46 4C 44 33 08",
            Aml.Field(
                "REGN",
                FieldAccess.Byte,
                FieldLock.NoLock,
                FieldUpdate.WriteAsZeros,
                FieldElement.Offset(4),
                FieldElement.Named("FLD0", 1),
                FieldElement.Reserved(2),
                FieldElement.Named("FLD1", 5),
                FieldElement.Named("FLD2", 64),
                FieldElement.Offset(0x80),
                FieldElement.Named("FLD3", 8))),
        Root(
            "Field (REGN, DWordAcc, Lock, Preserve) { FLD0, 32 }",
            "5B 81 0B 52 45 47 4E 13 46 4C 44 30 20",
            Aml.Field("REGN", FieldAccess.DWord, FieldLock.Lock, FieldUpdate.Preserve, FieldElement.Named("FLD0", 32))),
        Root(
            "Field (REGN, QWordAcc, NoLock, WriteAsOnes) { FLD0, 64 }",
            "5B 81 0C 52 45 47 4E 24 46 4C 44 30 40 04",
            Aml.Field("REGN", FieldAccess.QWord, FieldLock.NoLock, FieldUpdate.WriteAsOnes, FieldElement.Named("FLD0", 64))),
        Root("Alias (INTG, ALIA)", "06 49 4E 54 47 41 4C 49 41", Aml.Alias("INTG", "ALIA")),
        Statement("CreateByteField (BUFF, 0x2, FLDB)", "8C 42 55 46 46 0A 02 46 4C 44 42", Aml.CreateByteField(Aml.Path("BUFF"), Aml.Integer(2), "FLDB")),
        Statement("CreateWordField (BUFF, 0x2, FLDW)", "8B 42 55 46 46 0A 02 46 4C 44 57", Aml.CreateWordField(Aml.Path("BUFF"), Aml.Integer(2), "FLDW")),
        Statement("CreateDWordField (BUFF, 0x2, FLDD)", "8A 42 55 46 46 0A 02 46 4C 44 44", Aml.CreateDWordField(Aml.Path("BUFF"), Aml.Integer(2), "FLDD")),
        Statement("CreateQWordField (BUFF, 0x2, FLDQ)", "8F 42 55 46 46 0A 02 46 4C 44 51", Aml.CreateQWordField(Aml.Path("BUFF"), Aml.Integer(2), "FLDQ")),
    ];
}
