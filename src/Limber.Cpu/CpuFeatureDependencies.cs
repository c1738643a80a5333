using System.Collections.Generic;
using System.Linq;

namespace Limber.Cpu;

/// <summary>
/// Features that make no sense without another one. Guests may crash on AVX without XSAVE, so taking
/// the base away takes everything that is built on it.
/// Source: Intel SDM volume 1 chapters 13 to 18; AMD APM volume 2 chapter 15.
/// </summary>
internal static class CpuFeatureDependencies
{
    // Bases come before what depends on them, so one pass is enough.
    private static readonly (CpuFeatureSet Base, CpuFeatureSet Dependents)[] s_rules =
    [
        (CpuFeatureSet.Parse("xsave"), CpuFeatureSet.Parse("avx xsaveopt xsavec xgetbv1 xsaves xfd mpx pku xop fma4 amx-tile")),
        (CpuFeatureSet.Parse("avx"), CpuFeatureSet.Parse(
            "avx2 fma f16c vaes vpclmulqdq avx-vnni avx-ifma avx-vnni-int8 avx-vnni-int16 avx-ne-convert avx512f")),
        (CpuFeatureSet.Parse("avx512f"), AllStartingWith("avx512").Except(CpuFeatureSet.Parse("avx512f"))),
        (CpuFeatureSet.Parse("amx-tile"), CpuFeatureSet.Parse("amx-bf16 amx-int8 amx-fp16 amx-complex")),
        (CpuFeatureSet.Parse("svm"), CpuFeatureSet.Empty.With(CpuFeatureWord.SvmEdx, uint.MaxValue)),
    ];

    internal static CpuFeatureSet Apply(CpuFeatureSet features)
    {
        foreach ((CpuFeatureSet required, CpuFeatureSet dependents) in s_rules)
        {
            if (!features.Contains(required))
            {
                features = features.Except(dependents);
            }
        }

        return features;
    }

    private static CpuFeatureSet AllStartingWith(string prefix)
    {
        IEnumerable<string> names =
            from word in CpuFeatureWord.All
            from bit in Enumerable.Range(0, 32)
            let name = word.NameOf(bit)
            where name is not null && name.StartsWith(prefix, System.StringComparison.Ordinal)
            select name;
        return CpuFeatureSet.Parse(string.Join(' ', names));
    }
}
