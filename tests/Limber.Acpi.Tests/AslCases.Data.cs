using System.Collections.Generic;

namespace Limber.Acpi.Tests;

public static partial class AslCases
{
    private static IEnumerable<AslCase> Data() =>
    [
        Value("0x0", "00", Aml.Integer(0)),
        Value("0x1", "01", Aml.Integer(1)),
        Value("0x2", "0A 02", Aml.Integer(2)),
        Value("0xFF", "0A FF", Aml.Integer(0xFF)),
        Value("0x100", "0B 00 01", Aml.Integer(0x100)),
        Value("0xFFFF", "0B FF FF", Aml.Integer(0xFFFF)),
        Value("0x10000", "0C 00 00 01 00", Aml.Integer(0x10000)),
        Value("0xFFFFFFFF", "0C FF FF FF FF", Aml.Integer(0xFFFFFFFF)),
        Value("0x100000000", "0E 00 00 00 00 01 00 00 00", Aml.Integer(0x1_0000_0000)),
        Value("0xFFFFFFFFFFFFFFFE", "0E FE FF FF FF FF FF FF FF", Aml.Integer(ulong.MaxValue - 1)),
        Value("Ones", "FF", Aml.Integer(ulong.MaxValue)),
        Root("Name (STRG, \"Hi\")", "08 53 54 52 47 0D 48 69 00", Aml.Name("STRG", Aml.String("Hi"))),
        Root("Name (EMPT, \"\")", "08 45 4D 50 54 0D 00", Aml.Name("EMPT", Aml.String(string.Empty))),
        Root("Name (BUF0, Buffer () { 0x12, 0x34 })", "08 42 55 46 30 11 05 0A 02 12 34", Aml.Name("BUF0", Aml.Buffer([0x12, 0x34]))),
        Root("Name (BUF1, Buffer () { 0x12 })", "08 42 55 46 31 11 03 01 12", Aml.Name("BUF1", Aml.Buffer([0x12]))),
        Root("Name (PKG0, Package () {})", "08 50 4B 47 30 12 02 00", Aml.Name("PKG0", Aml.Package())),
        Root(
            "Name (PKG1, Package () { 0x5, \"A\", INTG, Package () { One } })",
            "08 50 4B 47 31 12 0F 04 0A 05 0D 41 00 49 4E 54 47 12 03 01 01",
            Aml.Name("PKG1", Aml.Package(Aml.Integer(5), Aml.String("A"), Aml.Path("INTG"), Aml.Package(Aml.Integer(1))))),
        Root("Name (_HID, EisaId (\"PNP0501\"))", "08 5F 48 49 44 0C 41 D0 05 01", Aml.Name("_HID", Aml.EisaId("PNP0501"))),
        Root("Name (_HID, EisaId (\"PNP0A08\"))", "08 5F 48 49 44 0C 41 D0 0A 08", Aml.Name("_HID", Aml.EisaId("PNP0A08"))),
        Root("Name (_HID, EisaId (\"ABCDEF9\"))", "08 5F 48 49 44 0C 04 43 DE F9", Aml.Name("_HID", Aml.EisaId("ABCDEF9"))),
        Root(
            "Name (UUID, ToUUID (\"33DB4D5B-1FF7-401C-9657-7441C03DD766\"))",
            "08 55 55 49 44 11 13 0A 10 5B 4D DB 33 F7 1F 1C 40 96 57 74 41 C0 3D D7 66",
            Aml.Name("UUID", Aml.Uuid("33DB4D5B-1FF7-401C-9657-7441C03DD766"))),
        Root("Alias (DEV0._HID, ALI0)", "06 2E 44 45 56 30 5F 48 49 44 41 4C 49 30", Aml.Alias("DEV0._HID", "ALI0")),
        Value("\\INTG", "5C 49 4E 54 47", Aml.Path("\\INTG")),
        Value("\\DEV0._HID", "5C 2E 44 45 56 30 5F 48 49 44", Aml.Path("\\DEV0._HID")),
        Value("^INTG", "5E 49 4E 54 47", Aml.Path("^INTG")),
    ];
}
