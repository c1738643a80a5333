using System.Collections.Generic;

namespace Limber.Acpi.Tests;

public static partial class AslCases
{
    private static AmlTerm A => Aml.Arg(0);

    private static AmlTerm B => Aml.Arg(1);

    private static AmlTerm Target => Aml.Path("INTG");

    private static IEnumerable<AslCase> Operators() =>
    [
        Value("Add (Arg0, Arg1)", "72 68 69 00", Aml.Add(A, B)),
        Statement("Add (Arg0, Arg1, INTG)", "72 68 69 49 4E 54 47", Aml.Add(A, B, Target)),
        Value("Concatenate (Arg0, Arg1)", "73 68 69 00", Aml.Concatenate(A, B)),
        Value("Subtract (Arg0, Arg1)", "74 68 69 00", Aml.Subtract(A, B)),
        Statement("Increment (Arg0)", "75 68", Aml.Increment(A)),
        Statement("Decrement (Arg0)", "76 68", Aml.Decrement(A)),
        Value("Multiply (Arg0, Arg1)", "77 68 69 00", Aml.Multiply(A, B)),
        Value("Divide (Arg0, Arg1)", "78 68 69 00 00", Aml.Divide(A, B)),
        Statement("Divide (Arg0, Arg1, Arg0, INTG)", "78 68 69 68 49 4E 54 47", Aml.Divide(A, B, A, Target)),
        Value("ShiftLeft (Arg0, Arg1)", "79 68 69 00", Aml.ShiftLeft(A, B)),
        Value("ShiftRight (Arg0, Arg1)", "7A 68 69 00", Aml.ShiftRight(A, B)),
        Value("And (Arg0, Arg1)", "7B 68 69 00", Aml.And(A, B)),
        Value("NAnd (Arg0, Arg1)", "7C 68 69 00", Aml.Nand(A, B)),
        Value("Or (Arg0, Arg1)", "7D 68 69 00", Aml.Or(A, B)),
        Value("NOr (Arg0, Arg1)", "7E 68 69 00", Aml.Nor(A, B)),
        Value("XOr (Arg0, Arg1)", "7F 68 69 00", Aml.Xor(A, B)),
        Value("Not (Arg0)", "80 68 00", Aml.Not(A)),
        Statement("Not (Arg0, INTG)", "80 68 49 4E 54 47", Aml.Not(A, Target)),
        Value("FindSetLeftBit (Arg0)", "81 68 00", Aml.FindSetLeftBit(A)),
        Value("FindSetRightBit (Arg0)", "82 68 00", Aml.FindSetRightBit(A)),
        Value("Mod (Arg0, Arg1)", "85 68 69 00", Aml.Mod(A, B)),
        Value("LAnd (Arg0, Arg1)", "90 68 69", Aml.LAnd(A, B)),
        Value("LOr (Arg0, Arg1)", "91 68 69", Aml.LOr(A, B)),
        Value("LNot (Arg0)", "92 68", Aml.LNot(A)),
        Value("LNotEqual (Arg0, Arg1)", "92 93 68 69", Aml.LNotEqual(A, B)),
        Value("LLessEqual (Arg0, Arg1)", "92 94 68 69", Aml.LLessEqual(A, B)),
        Value("LGreaterEqual (Arg0, Arg1)", "92 95 68 69", Aml.LGreaterEqual(A, B)),
        Value("LEqual (Arg0, Arg1)", "93 68 69", Aml.LEqual(A, B)),
        Value("LGreater (Arg0, Arg1)", "94 68 69", Aml.LGreater(A, B)),
        Value("LLess (Arg0, Arg1)", "95 68 69", Aml.LLess(A, B)),
        Value("ToBuffer (Arg0)", "96 68 00", Aml.ToBuffer(A)),
        Value("ToDecimalString (Arg0)", "97 68 00", Aml.ToDecimalString(A)),
        Value("ToHexString (Arg0)", "98 68 00", Aml.ToHexString(A)),
        Value("ToInteger (Arg0)", "99 68 00", Aml.ToInteger(A)),
        Statement("Store (Arg0, Local7)", "70 68 67", Aml.Store(A, Aml.Local(7))),
        Statement("Store (RefOf (INTG), Local0)", "70 71 49 4E 54 47 60", Aml.Store(Aml.RefOf(Target), Aml.Local(0))),
        Statement("CondRefOf (INTG, Local0)", "5B 12 49 4E 54 47 60", Aml.CondRefOf(Target, Aml.Local(0))),
        Value("DerefOf (Index (PACK, One))", "83 88 50 41 43 4B 01 00", Aml.DerefOf(Aml.Index(Aml.Path("PACK"), Aml.Integer(1)))),
        Statement(
            "Store (Arg0, Index (BUFF, 0x3))",
            "70 68 88 42 55 46 46 0A 03 00",
            Aml.Store(A, Aml.Index(Aml.Path("BUFF"), Aml.Integer(3)))),
        Statement(
            "Index (PACK, Zero, Local0)",
            "88 50 41 43 4B 00 60",
            Aml.Index(Aml.Path("PACK"), Aml.Integer(0), Aml.Local(0))),
        Value("SizeOf (BUFF)", "87 42 55 46 46", Aml.SizeOf(Aml.Path("BUFF"))),
    ];
}
