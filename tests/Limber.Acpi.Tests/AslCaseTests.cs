using System;

namespace Limber.Acpi.Tests;

public sealed class AslCaseTests
{
    private const string Header = "DefinitionBlock (\"\", \"DSDT\", 2, \"LIMBER\", \"LIMBERVM\", 1)";

    [Theory]
    [MemberData(nameof(AslCases.Names), MemberType = typeof(AslCases))]
    public void ToBytes_Term_IsAsTheSpecificationEncodesIt(string asl)
    {
        AslCase one = AslCases.Find(asl);
        Assert.Equal(one.Hex, BitConverter.ToString(one.Term.ToBytes()).Replace('-', ' '));
    }

    [Theory]
    [MemberData(nameof(AslCases.Names), MemberType = typeof(AslCases))]
    public void Build_Dsdt_EqualsWhatIaslCompiles(string asl)
    {
        AslCase one = AslCases.Find(asl);
        using Iasl iasl = Iasl.Require();
        byte[] theirs = iasl.Compile($"{Header} {{ {AslCase.PreambleAsl}\n {one.PlacedAsl} }}", allowWarnings: true);
        byte[] ours = new DsdtBuilder([.. AslCase.Preamble, one.PlacedTerm]).Build();
        Assert.Equal(Body(theirs), Body(ours));
    }

    [Theory]
    [MemberData(nameof(AslCases.Names), MemberType = typeof(AslCases))]
    public void Build_Dsdt_DisassemblesToWhatItIs(string asl)
    {
        AslCase one = AslCases.Find(asl);
        using Iasl iasl = Iasl.Require();
        string text = iasl.Disassemble(new DsdtBuilder([.. AslCase.Preamble, one.PlacedTerm]).Build());
        byte[] again = iasl.Compile(text, allowWarnings: true);
        Assert.Equal(Body(new DsdtBuilder([.. AslCase.Preamble, one.PlacedTerm]).Build()), Body(again));
    }

    private static string Body(byte[] table) => Convert.ToHexString(table, AcpiTableBuilder.HeaderSize, table.Length - AcpiTableBuilder.HeaderSize);
}
